package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"
)

func backupCommand() *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "Write everything into one file, while the server may go on working", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context, f *formwork) error { return writeBackup(ctx, f, args[0]) })
		},
	}
	p.flags(cmd)
	return cmd
}

// writeBackup never leaves a half file under the name: it writes beside it and renames.
func writeBackup(ctx context.Context, f *formwork, name string) error {
	partial := name + ".partial"
	file, err := os.OpenFile(partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the person at the console names the file
	if err != nil {
		return err
	}
	err = f.engine.Backup(ctx, file)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	return os.Rename(partial, name)
}

func restoreCommand() *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Load a backup into an empty place: another folder, or MongoDB instead of the embedded store",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context, f *formwork) error {
				file, err := os.Open(args[0])
				if err != nil {
					return err
				}
				return errors.Join(f.engine.Restore(ctx, file), file.Close())
			})
		},
	}
	p.flags(cmd)
	return cmd
}
