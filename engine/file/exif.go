package file

import "encoding/binary"

// segments visits the segments of a JPEG before the picture itself, until visit gives false or the file is cut off.
func segments(jpeg []byte, visit func(marker byte, content []byte) bool) {
	for at := 2; at+4 <= len(jpeg) && jpeg[at] == 0xff; {
		marker, size := jpeg[at+1], int(binary.BigEndian.Uint16(jpeg[at+2:]))
		if marker == 0xda || size < 2 || at+2+size > len(jpeg) || !visit(marker, jpeg[at+4:at+2+size]) {
			return
		}
		at += 2 + size
	}
}

// progressive tells whether a JPEG comes in several scans: drawing one takes several times the memory.
func progressive(jpeg []byte) bool {
	is := false
	segments(jpeg, func(marker byte, _ []byte) bool {
		is = is || marker == 0xc2
		return !is
	})
	return is
}

// orientation reads from a JPEG's EXIF how the picture has to be turned (1 to 8, as EXIF numbers them); 1 if it does not
// say or cannot be read. Nothing else of EXIF is looked at.
func orientation(jpeg []byte) int {
	turn := 1
	segments(jpeg, func(marker byte, content []byte) bool {
		if marker != 0xe1 || !has(content, 0, "Exif\x00\x00") {
			return true
		}
		turn = orientationIn(content[6:])
		return false
	})
	return turn
}

const (
	tagOrientation = 0x0112
	entrySize      = 12 // of a directory: tag, type, count, value
)

// orientationIn looks through the first directory of a TIFF structure.
func orientationIn(tiff []byte) int {
	var order binary.ByteOrder
	switch {
	case has(tiff, 0, "II*\x00"):
		order = binary.LittleEndian
	case has(tiff, 0, "MM\x00*"):
		order = binary.BigEndian
	default:
		return 1
	}
	if len(tiff) < 8 {
		return 1
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entrySize {
			return 1
		}
		if order.Uint16(entries) == tagOrientation {
			if value := int(order.Uint16(entries[8:])); value >= 1 && value <= 8 {
				return value
			}
			return 1
		}
		entries = entries[entrySize:]
	}
	return 1
}
