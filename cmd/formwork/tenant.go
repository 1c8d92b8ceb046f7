package main

import (
	"context"

	"github.com/spf13/cobra"

	"formwork/builder"
)

func tenantCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "tenant", Short: "Add and list companies"}
	cmd.AddCommand(tenantAddCommand(), tenantListCommand())
	return cmd
}

func tenantAddCommand() *cobra.Command {
	var (
		p place
		c builder.Company
	)
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Create a company with its administrator and print his password", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context, f *formwork) error {
				c.Name = args[0]
				added, err := f.builder.Found(ctx, c)
				if err != nil {
					return explain(err)
				}
				cmd.Printf("%s  %s\n", added.Account.Login, added.Password)
				return nil
			})
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&c.Title, "title", "", "name that people see")
	cmd.Flags().StringVar(&c.AdminLogin, "admin", "", "login of the administrator")
	cmd.Flags().StringVar(&c.AdminName, "admin-name", "", "his name")
	cmd.Flags().StringVar(&c.Template, "template", "", "template to install")
	cmd.Flags().StringVar(&c.Lang, "lang", "zh-CN", "language: zh-CN or en")
	cmd.Flags().StringVar(&c.Zone, "zone", "Asia/Shanghai", "IANA time zone")
	return required(cmd, "title", "admin", "admin-name")
}

func tenantListCommand() *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use: "list", Short: "List the companies", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd, func(ctx context.Context, f *formwork) error {
				all, err := f.engine.Tenants.Tenants(ctx)
				if err != nil {
					return err
				}
				for _, t := range all {
					cmd.Printf("%-20s %-6s %-16s %s\n", t.Name, t.Lang, t.Zone, t.Title)
				}
				return nil
			})
		},
	}
	p.flags(cmd)
	return cmd
}
