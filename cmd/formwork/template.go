package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"formwork/builder"
	"formwork/engine/file"
	"formwork/engine/store/sqlite"
	"formwork/templates"
)

func templateCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "template", Short: "List, install and test templates"}
	cmd.AddCommand(templateListCommand(), templateInstallCommand(), templateTestCommand())
	return cmd
}

func templateListCommand() *cobra.Command {
	var (
		p          place
		tenantName string
	)
	cmd := &cobra.Command{
		Use: "list", Short: "List the shipped templates and what a company has installed", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd, func(ctx context.Context, f *formwork) error {
				all, err := f.builder.Templates(ctx, tenantName)
				if err != nil {
					return err
				}
				for _, t := range all {
					cmd.Printf("%-12s %-10s installed: %-10s %s\n", t.Name, t.Version, t.Installed, t.Title)
				}
				return nil
			})
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&tenantName, "tenant", "", "company")
	return required(cmd, "tenant")
}

func templateInstallCommand() *cobra.Command {
	var (
		p          place
		tenantName string
		sample     bool
		prefix     string
	)
	cmd := &cobra.Command{
		Use: "install NAME", Short: "Play the tests of a template and install it, and those it needs, into a company", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := passTests(cmd, templates.Files, args); err != nil {
				return err
			}
			return p.with(cmd, func(ctx context.Context, f *formwork) error {
				published, err := f.builder.Install(ctx, system(tenantName), args[0])
				if err != nil {
					return explain(err)
				}
				cmd.Printf("published version %d\n", published.Number)
				if !sample {
					return nil
				}
				people, err := f.builder.Sample(ctx, system(tenantName), args[0], prefix)
				for _, person := range people {
					cmd.Printf("%-16s %s  %s\n", person.Login, person.Password, person.Title)
				}
				return explain(err)
			})
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&tenantName, "tenant", "", "company")
	cmd.Flags().BoolVar(&sample, "sample", false, "also create the template's demo users and records")
	cmd.Flags().StringVar(&prefix, "prefix", "", "what the logins of demo users begin with")
	return required(cmd, "tenant")
}

func templateTestCommand() *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use: "test [NAME…]", Short: "Play the tests of templates, all or those named, on a scratch store",
		RunE: func(cmd *cobra.Command, names []string) error {
			files := fs.FS(templates.Files)
			if folder != "" {
				files = os.DirFS(folder)
			}
			return passTests(cmd, files, names)
		},
	}
	cmd.Flags().StringVar(&folder, "templates", "", "folder with a folder for each template; the shipped ones if absent")
	return cmd
}

// passTests plays the tests of templates, prints what became of them, and fails if any is not met.
func passTests(cmd *cobra.Command, files fs.FS, names []string) error {
	results, err := testTemplates(cmd.Context(), files, names)
	if err != nil {
		return explain(err)
	}
	failed, err := builder.PrintTests(cmd.OutOrStdout(), results)
	if err != nil {
		return err
	}
	if failed > 0 {
		return errors.New("tests of templates failed")
	}
	return nil
}

// testTemplates plays the tests of templates; no names are all of them.
func testTemplates(ctx context.Context, files fs.FS, names []string) ([]builder.TestResult, error) {
	if len(names) == 0 {
		manifests, err := fs.Glob(files, "*/template.json")
		if err != nil {
			return nil, err
		}
		for _, manifest := range manifests {
			names = append(names, path.Dir(manifest))
		}
	}
	var all []builder.TestResult
	for _, name := range names {
		results, err := testTemplate(ctx, files, name)
		if err != nil {
			return nil, err
		}
		all = append(all, results...)
	}
	return all, nil
}

// testTemplate plays the tests of one template in a temporary folder, which goes afterwards.
func testTemplate(ctx context.Context, files fs.FS, name string) (results []builder.TestResult, err error) {
	dir, err := os.MkdirTemp("", "formwork-template-test-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	backend, err := sqlite.New(sqlite.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	blobs, err := file.OpenFolder(filepath.Join(dir, "files"), time.Now())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, blobs.Close()) }()
	return builder.TestTemplate(ctx, builder.Scratch{Templates: files, Store: backend, Blobs: blobs, Now: time.Now()}, name)
}
