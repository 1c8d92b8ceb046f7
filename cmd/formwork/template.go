package main

import (
	"context"

	"github.com/spf13/cobra"
)

func templateCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "template", Short: "List and install templates"}
	cmd.AddCommand(templateListCommand(), templateInstallCommand())
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
		Use: "install NAME", Short: "Install a template, and those it needs, into a company", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
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
