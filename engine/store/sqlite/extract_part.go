package sqlite

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// A part on file is a checksum of four bytes and what it is of. Lists begin with their length; numbers are varints, the
// places of a segment as many bytes each as the segment needs.

// checksumBytes is the length of the checksum before a part.
const checksumBytes = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sealPart(payload []byte) []byte {
	out := binary.LittleEndian.AppendUint32(make([]byte, 0, checksumBytes+len(payload)), crc32.Checksum(payload, castagnoli))
	return append(out, payload...)
}

func numbersPayload(numbers []uint16) []byte {
	out := binary.AppendUvarint(nil, uint64(len(numbers)))
	for _, n := range numbers {
		out = binary.LittleEndian.AppendUint16(out, n)
	}
	return out
}

// startsPayload is how many rows each record has.
func startsPayload(starts []int32) []byte {
	out := binary.AppendUvarint(nil, uint64(len(starts)))
	before := int32(0)
	for _, start := range starts {
		out = binary.AppendVarint(out, int64(start-before))
		before = start
	}
	return out
}

func (s *segment) payload() []byte {
	out := binary.AppendUvarint(nil, uint64(len(s.values)))
	out = binary.AppendVarint(out, int64(s.null))
	var texts []string
	if s.texts != nil {
		texts = s.texts.all()
	}
	for place, value := range s.values {
		switch {
		case place == s.null:
		case s.texts == nil:
			out = binary.AppendVarint(out, value)
		default:
			out = binary.AppendUvarint(out, uint64(len(texts[value])))
			out = append(out, texts[value]...)
		}
	}
	out = binary.AppendUvarint(out, uint64(s.length())) //nolint:gosec // a length
	switch {
	case s.small != nil:
		out = append(append(out, 1), s.small...)
	case s.medium != nil:
		out = append(out, 2)
		for _, place := range s.medium {
			out = binary.LittleEndian.AppendUint16(out, place)
		}
	default:
		out = append(out, 4)
		for _, place := range s.large {
			out = binary.LittleEndian.AppendUint32(out, place)
		}
	}
	return out
}

// length is of how many records or rows a segment is.
func (s *segment) length() int { return len(s.small) + len(s.medium) + len(s.large) }

// partReader reads a part. After the first thing that cannot be, it gives zeros and is not whole.
type partReader struct {
	rest   []byte
	broken bool
}

func openPart(data []byte) *partReader {
	if len(data) < checksumBytes || binary.LittleEndian.Uint32(data) != crc32.Checksum(data[checksumBytes:], castagnoli) {
		return &partReader{broken: true}
	}
	return &partReader{rest: data[checksumBytes:]}
}

// whole tells whether all that was read was there, and nothing else.
func (p *partReader) whole() bool { return !p.broken && len(p.rest) == 0 }

// take gives the next n bytes.
func (p *partReader) take(n int) []byte {
	if p.broken || n < 0 || n > len(p.rest) {
		p.broken = true
		return nil
	}
	out := p.rest[:n]
	p.rest = p.rest[n:]
	return out
}

func (p *partReader) number() int64 {
	value, n := binary.Varint(p.rest)
	if p.broken || n <= 0 {
		p.broken = true
		return 0
	}
	p.rest = p.rest[n:]
	return value
}

// count reads the length of a list whose members take at least so many bytes each.
func (p *partReader) count(atLeast int) int {
	value, n := binary.Uvarint(p.rest)
	if p.broken || n <= 0 || value > math.MaxInt32 || int(value)*atLeast > len(p.rest)-n {
		p.broken = true
		return 0
	}
	p.rest = p.rest[n:]
	return int(value)
}

func (p *partReader) numbers() []uint16 {
	out := make([]uint16, p.count(2))
	p.shorts(out)
	return out
}

func (p *partReader) shorts(into []uint16) {
	raw := p.take(2 * len(into))
	for i := range raw {
		if i%2 == 1 {
			into[i/2] = binary.LittleEndian.Uint16(raw[i-1:])
		}
	}
}

func (p *partReader) starts() []int32 {
	out := make([]int32, p.count(1))
	at := int64(0)
	for i := range out {
		at += p.number()
		if at < 0 || at > math.MaxInt32 {
			p.broken = true
			return nil
		}
		out[i] = int32(at)
	}
	return out
}

// segment reads a segment of a column.
func (p *partReader) segment(c *extracted) *segment {
	s := &segment{shape: c.shape(), texts: c.texts}
	s.values = make([]int64, p.count(1))
	s.null = int(p.number())
	if s.null < -1 || s.null >= len(s.values) {
		p.broken = true
	}
	if c.texts == nil {
		for place := range s.values {
			if place != s.null {
				s.values[place] = p.number()
			}
		}
	} else {
		p.texts(c.texts, s)
	}
	p.places(s)
	return s
}

func (p *partReader) texts(d *dictionary, s *segment) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for place := range s.values {
		if place == s.null {
			continue
		}
		raw := p.take(p.count(1))
		if p.broken {
			return
		}
		s.values[place] = d.number(raw)
	}
}

// places reads which value each record or row has.
func (p *partReader) places(s *segment) {
	n := p.count(1)
	width := p.take(1)
	if p.broken {
		return
	}
	switch width[0] {
	case 1:
		s.small = append([]uint8{}, p.take(n)...)
	case 2:
		s.medium = make([]uint16, n)
		p.shorts(s.medium)
	case 4:
		raw := p.take(4 * n)
		s.large = make([]uint32, len(raw)/4)
		for i := range s.large {
			s.large[i] = binary.LittleEndian.Uint32(raw[4*i:])
		}
	default:
		p.broken = true
	}
	if s.beyond() {
		p.broken = true
	}
}

// beyond tells whether a place names no value.
func (s *segment) beyond() bool {
	limit := uint32(len(s.values)) //nolint:gosec // a length read as int32
	for _, place := range s.small {
		if uint32(place) >= limit {
			return true
		}
	}
	for _, place := range s.medium {
		if uint32(place) >= limit {
			return true
		}
	}
	for _, place := range s.large {
		if place >= limit {
			return true
		}
	}
	return false
}
