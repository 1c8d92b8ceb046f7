package sqlite

import (
	"context"
	"database/sql"
	"strings"
)

// How many prepared statements a connection keeps: updates have one per set of changed columns, queries one per kind of
// filter.
const (
	writerStatements = 400
	readerStatements = 128
)

// statements keeps prepared statements of one connection. It belongs to one goroutine.
type statements struct {
	conn *sql.Conn
	max  int
	kept map[string]*sql.Stmt
}

func newStatements(conn *sql.Conn, limit int) *statements {
	return &statements{conn, limit, map[string]*sql.Stmt{}}
}

func (s *statements) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt, ok := s.kept[text]; ok {
		return stmt, nil
	}
	if len(s.kept) >= s.max {
		s.close()
	}
	stmt, err := s.conn.PrepareContext(ctx, text)
	if err == nil {
		s.kept[text] = stmt
	}
	return stmt, err
}

func (s *statements) close() {
	for _, stmt := range s.kept {
		stmt.Close() //nolint:errcheck,gosec // a statement that cannot be closed goes with its connection
	}
	clear(s.kept)
}

func (s *statements) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := s.prepare(ctx, text) //nolint:sqlclosecheck // kept, closed by close
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// row reads one row into dest; false if there is none.
func (s *statements) row(ctx context.Context, dest []any, text string, args ...any) (bool, error) {
	stmt, err := s.prepare(ctx, text) //nolint:sqlclosecheck // kept, closed by close
	if err != nil {
		return false, err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	if !rows.Next() {
		return false, rows.Err()
	}
	if err := rows.Scan(dest...); err != nil {
		return false, err
	}
	return true, rows.Err()
}

func notInTransaction(err error) bool {
	return strings.Contains(err.Error(), "no transaction is active")
}

// cells makes targets to scan n cells into, and the cells themselves.
func cells(n int) (dest, values []any) {
	dest, values = make([]any, n), make([]any, n)
	for i := range values {
		dest[i] = &values[i]
	}
	return dest, values
}

// padded repeats the last argument until their number is a power of two, so that lists of all lengths share a few
// statements.
func padded(args []any) []any {
	for n := len(args); n > 0 && n&(n-1) != 0; n++ {
		args = append(args, args[len(args)-1])
	}
	return args
}

func placeholders(n int) string {
	if n == 0 {
		return ""
	}
	return strings.Repeat("?,", n-1) + "?"
}

// groups repeats one group of placeholders for several rows.
func groups(one string, n int) string { return strings.Repeat(one+",", n-1) + one }
