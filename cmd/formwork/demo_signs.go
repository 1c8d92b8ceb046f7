package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
)

const (
	signWidth  = 480 // pixels
	signHeight = 200 // pixels
	penWidth   = 5   // pixels, at its widest
	signLetter = 100 // pixels of a character in a signature
)

// ink is what the pad of the browser draws with.
var ink = color.NRGBA{16, 35, 31, 255}

// demoSignature draws what somebody's signature looks like: a flowing line for each character of his name. The same name
// gives the same picture; nobody's real hand is in it.
func demoSignature(name string) ([]byte, error) {
	picture := image.NewNRGBA(image.Rect(0, 0, signWidth, signHeight))
	x := 70.0
	for i, letter := range []rune(name) {
		hand := newChance(int(letter) + i)
		scrawl(picture, hand, x, 60+float64(hand.IntN(20)))
		x += signLetter + float64(hand.IntN(16))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return nil, fmt.Errorf("draw the signature of %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// scrawl writes one character: some strokes, the last one long and falling.
func scrawl(picture *image.NRGBA, hand *chance, x, y float64) {
	at := func(span int) float64 { return float64(hand.IntN(span)) }
	for range 3 + hand.IntN(3) {
		stroke(picture, [4][2]float64{
			{x + at(60), y + at(60)}, {x + at(90), y - 15 + at(40)}, {x - 10 + at(90), y + 30 + at(50)}, {x + 10 + at(70), y + 20 + at(60)},
		})
	}
	stroke(picture, [4][2]float64{{x + 5, y + 40}, {x + 60, y + 20 + at(20)}, {x + 30, y + 90}, {x + 90 + at(20), y + 70 + at(20)}})
}

// stroke draws a cubic Bézier line, thinner toward its end as a pen that is lifted.
func stroke(picture *image.NRGBA, p [4][2]float64) {
	const steps = 220
	for i := range steps + 1 {
		t := float64(i) / steps
		u := 1 - t
		weights := [4]float64{u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t}
		var x, y float64
		for k, w := range weights {
			x, y = x+w*p[k][0], y+w*p[k][1]
		}
		dot(picture, x, y, penWidth*(0.35+0.65*math.Sin(math.Pi*(0.15+0.75*t)))/2)
	}
}

// dot inks a round spot with soft edges.
func dot(picture *image.NRGBA, x, y, radius float64) {
	for py := int(y - radius - 1); py <= int(y+radius+1); py++ {
		for px := int(x - radius - 1); px <= int(x+radius+1); px++ {
			if !image.Pt(px, py).In(picture.Rect) {
				continue
			}
			cover := math.Min(1, radius+0.5-math.Hypot(float64(px)-x, float64(py)-y))
			with := ink
			with.A = uint8(255 * math.Max(0, cover))
			if with.A > picture.NRGBAAt(px, py).A {
				picture.SetNRGBA(px, py, with)
			}
		}
	}
}
