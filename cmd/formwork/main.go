// Command formwork is the server and its tools: serve, user, tenant, template, flow, import, export, backup, restore, doctor.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the build: -ldflags "-X main.version=1.0.0".
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "formwork:", err)
		stop()
		os.Exit(1)
	}
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use: "formwork", Short: "Forms and approval workflows, assembled without code", Version: version,
		SilenceErrors: true, SilenceUsage: true,
	}
	cmd.SetOut(os.Stdout)
	cmd.AddCommand(serveCommand(), userCommand(), tenantCommand(), templateCommand(), flowCommand(),
		importCommand(), exportCommand(), backupCommand(), restoreCommand(), doctorCommand())
	return cmd
}
