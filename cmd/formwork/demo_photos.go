package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
)

// demoScene says what a photo of the demo shows.
type demoScene string

const (
	sceneTower   demoScene = "tower"  // a residential block under construction
	sceneRoad    demoScene = "road"   // a road with its drain trench
	sceneFitout  demoScene = "fitout" // tiling inside
	photoWidth             = 640      // pixels
	photoHeight            = 480      // pixels
	photoHorizon           = 300      // pixels from above
	towerStoreys           = 9        // at most
	grainOfPhoto           = 12       // steps of brightness a camera adds
)

// photo draws a photo of a scene; the same number gives the same picture. Photos of the demo are drawn since a program
// should not carry pictures of places that are somebody's.
func (s demoScene) photo(number int) ([]byte, error) {
	c := canvas{image.NewRGBA(image.Rect(0, 0, photoWidth, photoHeight)), newChance(number)}
	switch s {
	case sceneTower:
		c.tower()
	case sceneRoad:
		c.road()
	case sceneFitout:
		c.fitout()
	default:
		return nil, fmt.Errorf("no scene %q", s)
	}
	c.grain()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, c.RGBA, nil); err != nil {
		return nil, fmt.Errorf("draw %s: %w", s, err)
	}
	return b.Bytes(), nil
}

// canvas is a picture that is drawn; chance is the same for the same photo.
type canvas struct {
	*image.RGBA
	chance *chance
}

// chance gives numbers that look like chance and are the same for the same photo (a linear congruence modulo 2³²).
type chance struct{ state uint32 }

func newChance(number int) *chance { return &chance{uint32(number)*2654435761 + 1} } //nolint:gosec // any bits will do

// IntN gives a number from 0 to n-1.
func (c *chance) IntN(n int) int {
	c.state = c.state*1664525 + 1013904223
	return int(c.state>>16) % n
}

type point struct{ x, y int }

func gray(v uint8) color.RGBA { return color.RGBA{v, v, v, 255} }

func (c canvas) fill(x0, y0, x1, y1 int, with color.RGBA) {
	draw.Draw(c.RGBA, image.Rect(x0, y0, x1, y1), image.NewUniform(with), image.Point{}, draw.Src)
}

// shade fills a rectangle with colors from above to below.
func (c canvas) shade(y0, y1 int, above, below color.RGBA) {
	between := func(a, b uint8, y int) uint8 { return uint8(int(a) + (int(b)-int(a))*(y-y0)/(y1-y0)) } //nolint:gosec // between two bytes
	for y := y0; y < y1; y++ {
		c.fill(0, y, photoWidth, y+1, color.RGBA{between(above.R, below.R, y), between(above.G, below.G, y), between(above.B, below.B, y), 255})
	}
}

// area fills a convex area.
func (c canvas) area(with color.RGBA, corners ...point) {
	for y := range photoHeight {
		left, right := photoWidth, -1
		for i, a := range corners {
			b := corners[(i+1)%len(corners)]
			if a.y > b.y {
				a, b = b, a
			}
			if y < a.y || y >= b.y {
				continue
			}
			x := a.x + (b.x-a.x)*(y-a.y)/(b.y-a.y)
			left, right = min(left, x), max(right, x)
		}
		if left <= right {
			c.fill(left, y, right+1, y+1, with)
		}
	}
}

// grain makes the picture look taken: a camera never gives even areas.
func (c canvas) grain() {
	for i := 0; i < len(c.Pix); i += 4 {
		d := c.chance.IntN(grainOfPhoto) - grainOfPhoto/2
		for k := range 3 {
			c.Pix[i+k] = uint8(max(0, min(255, int(c.Pix[i+k])+d)))
		}
	}
}

func (c canvas) sky() {
	c.shade(0, photoHorizon, color.RGBA{126, 170, 208, 255}, color.RGBA{214, 226, 232, 255})
	c.shade(photoHorizon, photoHeight, color.RGBA{176, 156, 124, 255}, color.RGBA{140, 120, 92, 255})
}

// person stands at a place: helmet, vest, legs.
func (c canvas) person(x, y int, helmet color.RGBA) {
	c.fill(x-6, y-62, x+7, y-54, helmet)
	c.fill(x-5, y-54, x+6, y-44, color.RGBA{214, 176, 144, 255})
	c.fill(x-9, y-44, x+10, y-20, color.RGBA{236, 118, 40, 255})
	c.fill(x-9, y-34, x+10, y-31, color.RGBA{236, 232, 160, 255})
	c.fill(x-8, y-20, x-1, y, color.RGBA{52, 62, 92, 255})
	c.fill(x+2, y-20, x+9, y, color.RGBA{52, 62, 92, 255})
}

var helmets = []color.RGBA{{232, 200, 40, 255}, {200, 44, 40, 255}, {40, 90, 180, 255}}

func (c canvas) crew(y, count int) {
	for i := range count {
		x := 80 + (i*150+c.chance.IntN(60))%(photoWidth-160)
		c.person(x, y+c.chance.IntN(40), helmets[c.chance.IntN(len(helmets))])
	}
}

// tower draws storeys with window openings behind scaffolding, and a crane.
func (c canvas) tower() {
	c.sky()
	left, storeys := 150+c.chance.IntN(60), towerStoreys-c.chance.IntN(3)
	const storey, width = 30, 280
	top := photoHorizon + 40 - storeys*storey
	c.fill(left, top, left+width, photoHorizon+40, gray(168))
	for i := range storeys {
		y := top + i*storey
		c.fill(left, y, left+width, y+3, gray(120))
		for x := left + 14; x < left+width-20; x += 38 {
			c.fill(x, y+9, x+20, y+26, gray(84))
		}
	}
	for x := left - 8; x <= left+width+8; x += 33 {
		c.fill(x, top-14, x+2, photoHorizon+40, color.RGBA{78, 120, 96, 255})
	}
	mast := color.RGBA{224, 176, 32, 255}
	c.fill(left+width+60, 40, left+width+68, photoHorizon+30, mast)
	c.fill(left-40, 46, left+width+130, 52, mast)
	c.fill(left+40, 52, left+42, 52+40+c.chance.IntN(30), gray(60))
	for range 4 {
		x := 40 + c.chance.IntN(520)
		c.fill(x, 400, x+70, 404, color.RGBA{150, 108, 62, 255})
		c.fill(x+4, 394, x+64, 398, color.RGBA{166, 122, 74, 255})
	}
	c.crew(430, 2+c.chance.IntN(2))
}

// road draws the carriageway, kerbs and the open trench beside it.
func (c canvas) road() {
	c.sky()
	c.area(gray(96), point{300, photoHorizon}, point{350, photoHorizon}, point{600, photoHeight}, point{150, photoHeight})
	c.area(gray(190), point{294, photoHorizon}, point{300, photoHorizon}, point{150, photoHeight}, point{124, photoHeight})
	c.area(color.RGBA{84, 66, 46, 255}, point{372, photoHorizon}, point{392, photoHorizon}, point{700, photoHeight - 40}, point{640, photoHeight})
	x := 420 + c.chance.IntN(90)
	machine := color.RGBA{232, 168, 24, 255}
	c.fill(x, 262, x+70, 300, machine)
	c.fill(x+44, 240, x+70, 262, gray(70))
	c.fill(x-6, 300, x+76, 314, gray(48))
	c.area(machine, point{x, 268}, point{x - 60, 226}, point{x - 64, 234}, point{x - 2, 280})
	c.area(machine, point{x - 60, 226}, point{x - 84, 286}, point{x - 76, 288}, point{x - 54, 232})
	for i := range 4 {
		y := 330 + i*34
		size := 10 + i*4
		c.area(color.RGBA{226, 92, 40, 255}, point{232 - i*26, y - size*2}, point{234 - i*26, y - size*2}, point{234 - i*26 + size, y}, point{232 - i*26 - size, y})
	}
	c.crew(420, 2)
}

// fitout draws a room: a wall half tiled, the floor, and what lies around.
func (c canvas) fitout() {
	c.fill(0, 0, photoWidth, photoHorizon, gray(206))
	c.shade(photoHorizon, photoHeight, gray(150), gray(120))
	const side = 48
	tiled := 3 + c.chance.IntN(4)
	for row := range 6 {
		for column := range tiled + 3 - row/2 {
			x, y := column*side+20, photoHorizon-(row+1)*side
			v := uint8(226 + c.chance.IntN(16)) //nolint:gosec // within a byte
			c.fill(x, y, x+side-2, y+side-2, color.RGBA{v, v, v - 10, 255})
		}
	}
	for i := range 9 {
		x := i * 76
		c.area(gray(uint8(168+c.chance.IntN(14))), point{x + 40, photoHorizon + 6}, point{x + 112, photoHorizon + 6}, point{x + 96, 360}, point{x + 10, 360}) //nolint:gosec // within a byte
	}
	c.fill(430, 330, 520, 372, color.RGBA{186, 150, 104, 255})
	c.fill(436, 318, 514, 330, color.RGBA{200, 166, 120, 255})
	c.fill(548, 344, 584, 384, gray(88))
	c.crew(420, 1+c.chance.IntN(2))
}
