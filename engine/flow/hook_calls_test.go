package flow

import (
	"strings"
	"testing"
)

// TestPreviewOfACall: what a call sent is kept for its administrators without its secrets, and not more than they read.
func TestPreviewOfACall(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"numbers stay exact", `{"text": "a<b", "amount": 12.30}`, `{"amount":12.30,"text":"a<b"}`},
		{"secrets are masked wherever they stand", `{"api_key": "k", "rows": [{"Access-Token": {"a": 1}, "no": 1}], "密码": "x"}`, `{"api_key":"***","rows":[{"Access-Token":"***","no":1}],"密码":"***"}`},
		{"another value than an object", `["a"]`, `["a"]`},
		{"what cannot be read is not shown", `password=x`, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := previewOf([]byte(tt.body)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	long := previewOf([]byte(`{"text": "` + strings.Repeat("长", 3000) + `"}`))
	if n := len([]rune(long)); n != maxPreview || !strings.HasSuffix(long, "…") {
		t.Errorf("%d characters are kept, want %d", n, maxPreview)
	}
}
