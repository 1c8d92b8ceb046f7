package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

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

func writeBackup(ctx context.Context, f *formwork, name string) error {
	return writeWhole(name, func(w io.Writer) error { return f.engine.Backup(ctx, w) })
}

// writeWhole never leaves a half file under the name, killed at any moment: it writes beside it and renames. Two at once
// write two files beside it.
func writeWhole(name string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.partial") // readable by the owner only
	if err != nil {
		return err
	}
	err = write(file)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return os.Rename(file.Name(), name)
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
