package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"formwork/engine/def"
	"formwork/engine/sheet"
)

// errNotImported ends an import that left something out; what, was printed.
var errNotImported = errors.New("not everything was imported")

func importCommand() *cobra.Command {
	var (
		p          place
		tenantName string
		in         sheet.Input
		state      string
	)
	cmd := &cobra.Command{
		Use: "import ENTITY FILE", Short: "Import a workbook (.xlsx) or opening data (.json with records)", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := os.ReadFile(args[1])
			if err != nil {
				return fmt.Errorf("read %s: %w", args[1], err)
			}
			return p.with(cmd, func(ctx context.Context, f *formwork) error {
				if filepath.Ext(args[1]) == ".json" {
					opening, err := openingOf(raw, sheet.OpeningInput{State: state, Dry: in.Dry})
					if err != nil {
						return err
					}
					report, err := f.engine.Sheets.Opening(ctx, system(tenantName), args[0], opening)
					if err != nil {
						return explain(err)
					}
					return printReport(cmd, report)
				}
				in.File = raw
				report, err := f.engine.Sheets.Import(ctx, system(tenantName), args[0], in)
				if err != nil {
					return explain(err)
				}
				return printReport(cmd, report)
			})
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&tenantName, "tenant", "", "company")
	cmd.Flags().StringVar(&in.Import, "layout", "", "name of an import definition; empty: by the names of the fields")
	cmd.Flags().StringVar(&in.Mode, "mode", sheet.ModeInsert, "insert, update or upsert")
	cmd.Flags().StringVar(&in.Sheet, "sheet", "", "name of the sheet; empty: the first visible one")
	cmd.Flags().StringVar(&in.Reason, "reason", "", "answers warnings that ask for a reason")
	cmd.Flags().BoolVar(&in.All, "all", false, "store all records or none")
	cmd.Flags().BoolVar(&in.Dry, "dry-run", false, "only report")
	cmd.Flags().BoolVar(&in.Opening, "opening", false, "opening data: rules of entry become warnings")
	cmd.Flags().StringVar(&state, "state", "", "state of opening data (.json) whose records name none; empty: approved")
	cmd.Flags().StringToStringVar(&in.Given, "given", nil, "field=value for every line, may be repeated")
	return required(cmd, "tenant")
}

// openingOf reads {"records": […]}.
func openingOf(raw []byte, in sheet.OpeningInput) (sheet.OpeningInput, error) {
	var file struct {
		Records []json.RawMessage `json:"records"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return in, fmt.Errorf("opening data: %w", err)
	}
	for _, one := range file.Records {
		values, ok := def.WireValue(one).(map[string]any)
		if !ok {
			return in, fmt.Errorf("opening data: record %d is no object", len(in.Records)+1)
		}
		in.Records = append(in.Records, values)
	}
	return in, nil
}

// printReport shows a report; an import that left records out is an error for scripts.
func printReport(cmd *cobra.Command, report sheet.Report) error {
	cmd.Printf("%d rows, %d records: %d fine, %d created, %d updated, %d unchanged\n",
		report.Rows, report.Records, report.OK, report.Created, report.Updated, report.Same)
	for _, p := range report.Problems {
		cmd.Printf("%s%d  %s  %s  %v\n", p.Column, p.Row, p.Field, p.Code, p.Params)
	}
	if report.More > 0 {
		cmd.Printf("and %d more\n", report.More)
	}
	if report.OK < report.Records {
		return errNotImported
	}
	return nil
}

func exportCommand() *cobra.Command {
	var (
		p          place
		tenantName string
		in         sheet.ExportInput
		filter     string
	)
	cmd := &cobra.Command{
		Use: "export ENTITY FILE", Short: "Export records as a workbook (.xlsx)", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.List.Filter = json.RawMessage(filter)
			return p.with(cmd, func(ctx context.Context, f *formwork) error {
				var b bytes.Buffer
				if err := f.engine.Sheets.Export(ctx, system(tenantName), args[0], in, &b); err != nil {
					return explain(err)
				}
				if err := os.WriteFile(args[1], b.Bytes(), 0o600); err != nil {
					return fmt.Errorf("write %s: %w", args[1], err)
				}
				return nil
			})
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&tenantName, "tenant", "", "company")
	cmd.Flags().StringVar(&in.List.View, "view", "", "view whose columns, filter and order hold; empty: all fields")
	cmd.Flags().StringVar(&filter, "filter", "", "filter as JSON")
	cmd.Flags().StringVar(&in.Rows, "rows", "", "sub-table whose rows become a second sheet")
	return required(cmd, "tenant")
}
