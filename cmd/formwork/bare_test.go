package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/oklog/ulid/v2"
	"github.com/spf13/pflag"

	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

// bare is the limit that the server is measured against: fiber, JSON to a map, the same store with the same file and
// writer. Nobody signs in, nothing is checked, computed or masked; there are no keys, no events, no tasks.
func bare() {
	if err := serveBare(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveBare() error {
	flags := pflag.NewFlagSet("bare", pflag.ContinueOnError)
	data, listen := flags.String("data", "", "data folder of Formwork"), flags.String("listen", "", "address")
	if err := flags.Parse(os.Args[1:]); err != nil {
		return err
	}
	backend, err := sqlite.New(sqlite.Options{Dir: filepath.Join(*data, "store")})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	db, err := backend.Open(ctx, demoTenant)
	if err != nil {
		return errors.Join(err, backend.Close())
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return errors.Join(err, backend.Close())
	}
	fmt.Printf("bare is running at http://%s\n", ln.Addr())
	return errors.Join(serve(ctx, bareApp(db), ln), backend.Close())
}

func bareApp(db store.Store) *fiber.App {
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	get := func(c *fiber.Ctx) (store.Doc, error) {
		docs, err := db.Get(c.UserContext(), "day_labor_sheet", c.Params("id"))
		if err == nil && len(docs) == 0 {
			err = fiber.ErrNotFound
		}
		if err != nil {
			return store.Doc{}, err
		}
		return docs[0], nil
	}
	put := func(c *fiber.Ctx, doc *store.Doc) error {
		write := store.Write{Collection: "day_labor_sheet", Doc: *doc, IfRev: doc.Rev - 1}
		if err := db.Put(c.UserContext(), write)[0]; err != nil {
			return err
		}
		return c.JSON(doc)
	}
	app.Post("/api/v1/records", func(c *fiber.Ctx) error {
		values, err := bareValues(c.Body())
		if err != nil {
			return err
		}
		now := time.Now()
		return put(c, &store.Doc{ID: ulid.Make().String(), Rev: 1, Values: values, CreatedAt: now, UpdatedAt: now})
	})
	app.Get("/api/v1/records/:id", func(c *fiber.Ctx) error {
		doc, err := get(c)
		if err != nil {
			return err
		}
		return c.JSON(doc)
	})
	app.Post("/api/v1/records/:id/approve", func(c *fiber.Ctx) error {
		var body map[string]any
		if err := json.Unmarshal(c.Body(), &body); err != nil {
			return err
		}
		doc, err := get(c)
		if err != nil {
			return err
		}
		doc.Rev, doc.State, doc.UpdatedAt = doc.Rev+1, "approved", time.Now()
		return put(c, &doc)
	})
	return app
}

// bareValues is JSON to a map; the store wants whole numbers as such.
func bareValues(body []byte) (map[string]any, error) {
	var values map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil {
		return nil, err
	}
	for name, value := range values {
		if n, ok := value.(json.Number); ok {
			whole, err := n.Int64()
			if err != nil {
				return nil, err
			}
			values[name] = whole
		}
	}
	return values, nil
}
