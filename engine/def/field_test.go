package def

import "testing"

func TestMostFilesOfAField(t *testing.T) {
	nine := 9
	tests := []struct {
		name  string
		field Field
		want  int
	}{
		{"photos hold twenty", Field{XType: TypeImage}, 20},
		{"x-files says how many", Field{XType: TypeAttachment, Files: &Files{MaxCount: 3}}, 3},
		{"maxItems has the last word", Field{XType: TypeImage, Files: &Files{MaxCount: 3}, MaxItems: &nine}, 9},
		{"a signature is no list", Field{XType: TypeSignature}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.field.EffectiveMaxItems(); got != tt.want {
				t.Errorf("EffectiveMaxItems() = %d, want %d", got, tt.want)
			}
		})
	}
}
