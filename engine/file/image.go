package file

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

const (
	maxPixels    = 24_000_000 // of an image that is drawn: some 100 MB of memory
	maxSide      = 4096       // pixels of the longer side of a photo that is kept
	maxSignature = 2000       // pixels of the longer side of a signature
	photoQuality = 88         // of JPEG
	thumbQuality = 80
	scansFactor  = 3 // how many times the memory a JPEG of several scans takes
	atOnce       = 1 // images drawn at the same time
)

// studio draws images, one at a time: each takes much memory for a moment.
type studio struct{ places chan struct{} }

func newStudio() studio { return studio{make(chan struct{}, atOnce)} }

func (s studio) enter(ctx context.Context) error {
	select {
	case s.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s studio) leave() { <-s.places }

// format reads one type of images.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error) // of an animation the first picture
}

var formats = map[string]format{
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode},
	"image/png":  {png.DecodeConfig, png.Decode},
	"image/gif":  {gif.DecodeConfig, gif.Decode},
	"image/webp": {webp.DecodeConfig, webp.Decode},
}

// drawn is an encoded picture.
type drawn struct {
	bytes         []byte
	mediaType     string
	width, height int
}

// drawing says how a picture is drawn anew.
type drawing struct {
	side    int // pixels of the longer side at most
	quality int // of JPEG; what has transparent parts becomes PNG
	png     bool
}

// size tells how large an image is without drawing it. The size is looked at before anything is unpacked: a few
// kilobytes may unpack to gigabytes.
func size(from io.Reader, mediaType string) (image.Config, error) {
	f, ok := formats[mediaType]
	if !ok {
		return image.Config{}, &Error{CodeImage, nil}
	}
	config, err := f.config(from)
	if err != nil {
		return image.Config{}, &Error{CodeImage, nil}
	}
	pixels := int64(config.Width) * int64(config.Height)
	switch config.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model: // twice the memory
		pixels *= 2
	}
	if pixels > maxPixels {
		return config, &Error{CodeImageTooLarge, map[string]any{"max": maxPixels}}
	}
	if pixels == 0 {
		return config, &Error{CodeImage, nil}
	}
	return config, nil
}

// redraw draws an image anew: upright, not larger than asked for, and with nothing but its pixels.
func (s studio) redraw(ctx context.Context, raw []byte, mediaType string, how drawing) (drawn, error) {
	config, err := size(bytes.NewReader(raw), mediaType)
	if err != nil {
		return drawn{}, err
	}
	if progressive := mediaType == "image/jpeg" && progressive(raw); progressive && config.Width*config.Height > maxPixels/scansFactor {
		return drawn{}, &Error{CodeImageTooLarge, map[string]any{"max": maxPixels / scansFactor}}
	}
	if err := s.enter(ctx); err != nil {
		return drawn{}, err
	}
	defer s.leave()
	picture, err := formats[mediaType].decode(bytes.NewReader(raw))
	if err != nil {
		return drawn{}, &Error{CodeImage, nil}
	}
	turn := 1
	if mediaType == "image/jpeg" {
		turn = orientation(raw)
	}
	return encode(upright(shrink(picture, how.side), turn), how)
}

// shrink makes a picture smaller until its longer side is not above side pixels.
func shrink(picture image.Image, side int) image.Image {
	b := picture.Bounds()
	longer := max(b.Dx(), b.Dy())
	if longer <= side {
		return picture
	}
	width, height := max(1, b.Dx()*side/longer), max(1, b.Dy()*side/longer)
	small := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.BiLinear.Scale(small, small.Bounds(), picture, b, draw.Src, nil)
	return small
}

// upright turns and mirrors a picture as EXIF orientation says.
func upright(picture image.Image, orientation int) image.Image {
	if orientation <= 1 {
		return picture
	}
	b := picture.Bounds()
	w, h := b.Dx(), b.Dy()
	// Where the pixel at (x, y) of the upright picture stands in the given one.
	from := map[int]func(x, y int) (int, int){
		2: func(x, y int) (int, int) { return w - 1 - x, y },
		3: func(x, y int) (int, int) { return w - 1 - x, h - 1 - y },
		4: func(x, y int) (int, int) { return x, h - 1 - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return y, h - 1 - x },
		7: func(x, y int) (int, int) { return w - 1 - y, h - 1 - x },
		8: func(x, y int) (int, int) { return w - 1 - y, x },
	}[orientation]
	if from == nil {
		return picture
	}
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	source := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(source, source.Bounds(), picture, b.Min, draw.Src)
	turned := image.NewNRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			sx, sy := from(x, y)
			copy(turned.Pix[turned.PixOffset(x, y):][:4], source.Pix[source.PixOffset(sx, sy):][:4])
		}
	}
	return turned
}

// encode writes a picture as JPEG, or as PNG if parts of it are transparent or that is asked for.
func encode(picture image.Image, how drawing) (drawn, error) {
	d := drawn{mediaType: "image/jpeg", width: picture.Bounds().Dx(), height: picture.Bounds().Dy()}
	opaque, knows := picture.(interface{ Opaque() bool })
	var out bytes.Buffer
	var err error
	if how.png || knows && !opaque.Opaque() {
		d.mediaType = "image/png"
		err = png.Encode(&out, picture)
	} else {
		err = jpeg.Encode(&out, picture, &jpeg.Options{Quality: how.quality})
	}
	if err != nil {
		return drawn{}, fmt.Errorf("encode image: %w", err)
	}
	d.bytes = out.Bytes()
	return d, nil
}
