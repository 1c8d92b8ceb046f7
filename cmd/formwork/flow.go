package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"formwork/engine/flow"
)

func flowCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "flow", Short: "Work on flows"}
	cmd.AddCommand(flowTestCommand())
	return cmd
}

func flowTestCommand() *cobra.Command {
	return &cobra.Command{
		Use: "test FILE…", Short: "Play scenarios through the engine and compare", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var all []flow.CaseResult
			for _, name := range args {
				results, err := runCases(name)
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				all = append(all, results...)
			}
			failed, err := flow.PrintCases(cmd.OutOrStdout(), all)
			if err != nil {
				return err
			}
			if failed > 0 {
				return errors.New("scenarios failed")
			}
			return nil
		},
	}
}

func runCases(name string) ([]flow.CaseResult, error) {
	file, err := os.Open(name) //nolint:gosec // the person at the console names the file
	if err != nil {
		return nil, err
	}
	results, err := flow.RunCases(file)
	return results, errors.Join(err, file.Close())
}
