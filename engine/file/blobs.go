package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

// Blobs keeps bytes under keys this program makes: "<tenant>/<32 hex digits>", and for thumbnails ".t<pixels>" behind.
// Any other key is an error. Methods are safe for many goroutines.
type Blobs interface {
	// Put stores what a reader gives, all of it or nothing, in place of what was under the key. It is durable when Put
	// returns. The result is the number of bytes.
	Put(ctx context.Context, key string, from io.Reader) (int64, error)
	// Get gives length bytes from an offset on; the caller closes it. ErrNoBlob if there is none.
	Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	// Size gives the number of bytes; ErrNoBlob if there is none.
	Size(ctx context.Context, key string) (int64, error)
	// Delete removes a blob. One that is not there is no error.
	Delete(ctx context.Context, key string) error
}

// ErrNoBlob is a key that names no blob.
var ErrNoBlob = errors.New("no such blob")

// keyPattern is the only form of keys; no name from outside passes it.
var keyPattern = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,47}/[0-9a-f]{32}(\.t[0-9]{1,5})?$`)

// Folder keeps blobs in a folder: <tenant>/<2 digits>/<2 digits>/<name>. Put writes beside the final name, syncs and
// renames, so a crash leaves the old blob or the new one, and at worst a file in tmp/ that a later start removes. Several
// processes may work on a folder.
type Folder struct {
	root *os.Root
	made atomic.Int64 // partial files so far, for their names
}

const (
	partials   = "tmp"
	partialAge = 24 * time.Hour // nobody is writing to a partial file that old
)

// OpenFolder opens a folder for blobs, made when missing. Partial files that were left behind a day before now go.
func OpenFolder(dir string, now time.Time) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of files: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("folder of files: %w", err)
	}
	f := &Folder{root: root}
	if err := f.tidy(now); err != nil {
		return nil, errors.Join(fmt.Errorf("folder of files: %w", err), root.Close())
	}
	return f, nil
}

// tidy removes partial files of writes that died.
func (f *Folder) tidy(now time.Time) error {
	if err := f.root.MkdirAll(partials, 0o700); err != nil {
		return err
	}
	entries, err := fs.ReadDir(f.root.FS(), partials)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // just named
		}
		if err == nil && now.Sub(info.ModTime()) > partialAge {
			err = f.root.Remove(path.Join(partials, entry.Name()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Close gives the folder back.
func (f *Folder) Close() error { return f.root.Close() }

// place turns a key into the path of its file.
func place(key string) (string, error) {
	if !keyPattern.MatchString(key) {
		return "", fmt.Errorf("blob key %q: %w", key, fs.ErrInvalid)
	}
	tenant, name, _ := strings.Cut(key, "/")
	return path.Join(tenant, name[:2], name[2:4], name), nil
}

// Put satisfies Blobs.
func (f *Folder) Put(_ context.Context, key string, from io.Reader) (int64, error) {
	name, err := place(key)
	if err != nil {
		return 0, err
	}
	partial := fmt.Sprintf("%s/%s-%d-%d", partials, path.Base(name), os.Getpid(), f.made.Add(1))
	n, err := f.write(partial, from)
	if err == nil {
		err = f.name(partial, name)
	}
	if err != nil {
		if gone := f.root.Remove(partial); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return 0, err
	}
	return n, nil
}

// name gives a partial file its place. The names of folders made for it must survive a crash too.
func (f *Folder) name(partial, name string) error {
	dir := path.Dir(name)
	_, err := f.root.Stat(dir)
	isNew := errors.Is(err, fs.ErrNotExist)
	if isNew {
		err = f.root.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = f.root.Rename(partial, name)
	}
	if err != nil {
		return fmt.Errorf("name blob: %w", err)
	}
	for {
		if err := f.sync(dir); err != nil || !isNew || dir == "." {
			return err
		}
		dir = path.Dir(dir)
	}
}

func (f *Folder) write(name string, from io.Reader) (int64, error) {
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("write blob: %w", err)
	}
	n, err := io.Copy(file, from)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return 0, fmt.Errorf("write blob: %w", err)
	}
	return n, nil
}

func (f *Folder) sync(dir string) error {
	opened, err := f.root.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(opened.Sync(), opened.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

// Get satisfies Blobs.
func (f *Folder) Get(_ context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	name, err := place(key)
	if err != nil {
		return nil, err
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, absent(err)
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, errors.Join(fmt.Errorf("read blob: %w", err), file.Close())
	}
	return part{io.LimitReader(file, length), file}, nil
}

// part is a piece of an open file.
type part struct {
	io.Reader
	io.Closer
}

// Size satisfies Blobs.
func (f *Folder) Size(_ context.Context, key string) (int64, error) {
	name, err := place(key)
	if err != nil {
		return 0, err
	}
	info, err := f.root.Stat(name)
	if err != nil {
		return 0, absent(err)
	}
	return info.Size(), nil
}

// Delete satisfies Blobs.
func (f *Folder) Delete(_ context.Context, key string) error {
	name, err := place(key)
	if err != nil {
		return err
	}
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoBlob
	}
	return fmt.Errorf("read blob: %w", err)
}
