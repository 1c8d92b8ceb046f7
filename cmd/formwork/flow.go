package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"formwork/engine/flow"
)

func flowCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "flow", Short: "Work on flows"}
	cmd.AddCommand(flowTestCommand())
	return cmd
}

func flowTestCommand() *cobra.Command {
	var (
		p          place
		tenantName string
	)
	cmd := &cobra.Command{
		Use:   "test [FILE…|FLOW…]",
		Short: "Play scenarios through the engine and compare",
		Long: "Plays the scenarios in files; with --tenant those saved with the published flows of a company, all or the\n" +
			"named ones, with its own people and records. Nothing is stored.\n" +
			"With --store the scenarios in files play on the whole engine, in databases made for it and dropped afterwards:\n" +
			"--store mongodb://… on that server, --store sqlite in a temporary folder.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if tenantName != "" {
				return p.with(cmd, func(ctx context.Context, f *formwork) error { return testSaved(ctx, cmd, f, tenantName, args) })
			}
			if len(args) == 0 {
				return errors.New("name files, or a company with --tenant")
			}
			if cmd.Flags().Changed("store") {
				return testFilesOn(cmd, p.store, args)
			}
			return testFiles(cmd, args)
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&tenantName, "tenant", "", "company whose saved scenarios are played")
	return cmd
}

var errScenarios = errors.New("scenarios failed")

func testFiles(cmd *cobra.Command, files []string) error {
	var all []flow.CaseResult
	for _, name := range files {
		results, err := runCases(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, results...)
	}
	return printed(cmd, all)
}

// testFilesOn plays files of scenarios on a store.
func testFilesOn(cmd *cobra.Command, uri string, files []string) error {
	all, err := playOnStore(cmd.Context(), uri, files)
	if err != nil {
		return err
	}
	return printed(cmd, all)
}

func printed(cmd *cobra.Command, all []flow.CaseResult) error {
	failed, err := flow.PrintCases(cmd.OutOrStdout(), all)
	if err != nil {
		return err
	}
	if failed > 0 {
		return errScenarios
	}
	return nil
}

// testSaved plays the scenarios saved with the published flows of a company.
func testSaved(ctx context.Context, cmd *cobra.Command, f *formwork, tenantName string, flows []string) error {
	catalog, err := f.engine.Catalogs.Active(ctx, tenantName)
	if err != nil {
		return err
	}
	if len(flows) == 0 {
		flows = slices.Sorted(maps.Keys(catalog.Flows))
	}
	failed := false
	for _, name := range flows {
		one := catalog.Flows[name]
		if one == nil {
			return fmt.Errorf("no flow %s", name)
		}
		results, err := f.engine.Flows.Scenarios(ctx, tenantName, catalog, one)
		if err != nil {
			return err
		}
		for _, r := range results {
			if r.Passed || r.Skipped {
				cmd.Printf("%-5s %s/%s\n", map[bool]string{true: "ok", false: "skip"}[r.Passed], name, r.Name)
				continue
			}
			failed = true
			for _, d := range r.Differences {
				cmd.Printf("FAIL  %s/%s: %s %s: want %v, got %v\n", name, r.Name, d.What, d.Node, d.Want, d.Got)
			}
		}
	}
	if failed {
		return errScenarios
	}
	return nil
}

func runCases(name string) ([]flow.CaseResult, error) {
	file, err := os.Open(name) //nolint:gosec // the person at the console names the file
	if err != nil {
		return nil, err
	}
	results, err := flow.RunCases(file)
	return results, errors.Join(err, file.Close())
}
