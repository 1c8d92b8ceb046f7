package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/sheet"
	"formwork/templates"
)

// openingFile holds what the demo company had before it began to work with Formwork: inputs only, everything that can be
// computed is.
const openingFile = demoTemplate + "/sample/opening.json"

// bringOpening imports the opening data of the demo, entity by entity in the order of the file.
func bringOpening(ctx context.Context, f *formwork, actor access.Actor) error {
	raw, err := fs.ReadFile(templates.Files, openingFile)
	if err != nil {
		return fmt.Errorf("opening data: %w", err)
	}
	var file struct {
		Opening []struct {
			Entity  string            `json:"entity"`
			Records []json.RawMessage `json:"records"`
		} `json:"opening"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return fmt.Errorf("read %s: %w", openingFile, err)
	}
	for _, part := range file.Opening {
		in := sheet.OpeningInput{Records: make([]form.Values, len(part.Records))}
		for i, one := range part.Records {
			in.Records[i], _ = def.WireValue(one).(map[string]any)
		}
		report, err := f.engine.Sheets.Opening(ctx, actor, part.Entity, in)
		if err != nil {
			return fmt.Errorf("opening data of %s: %w", part.Entity, err)
		}
		if report.OK < report.Records {
			return fmt.Errorf("opening data of %s: %d of %d: %+v", part.Entity, report.OK, report.Records, report.Problems) //nolint:err113 // never with the file shipped
		}
	}
	return nil
}
