package file

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
)

// quota knows how much every tenant has stored. It is summed up now and then and kept by adding in between; other
// processes on the same store are seen at the next sum, so the limit holds to within what they store meanwhile.
type quota struct {
	mu   *sync.Mutex
	used map[string]usage
}

type usage struct {
	bytes int64
	at    time.Time // when it was summed up
}

const sumEvery = 10 * time.Minute

func newQuota() quota { return quota{new(sync.Mutex), map[string]usage{}} }

// room refuses a tenant that has no room for anything more.
func (q quota) room(ctx context.Context, s *Service, tenant string) error {
	return q.check(ctx, s, tenant, 1, 0)
}

// take adds an upload, if there is room for it.
func (q quota) take(ctx context.Context, s *Service, tenant string, size int64) error {
	return q.check(ctx, s, tenant, size, size)
}

func (q quota) check(ctx context.Context, s *Service, tenant string, need, take int64) error {
	limit, err := s.limit(ctx, tenant)
	if err != nil {
		return err
	}
	q.mu.Lock()
	used, known := q.used[tenant]
	q.mu.Unlock()
	if !known || s.now().Sub(used.at) > sumEvery {
		if used.bytes, err = s.sum(ctx, tenant); err != nil {
			return err
		}
		used.at = s.now()
		q.mu.Lock()
		q.used[tenant] = used
		q.mu.Unlock()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	used = q.used[tenant]
	if used.bytes+need > limit {
		return &Error{CodeQuota, map[string]any{"max": limit}}
	}
	used.bytes += take
	q.used[tenant] = used
	return nil
}

// add notes that bytes came or went.
func (q quota) add(tenant string, bytes int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if used, known := q.used[tenant]; known {
		used.bytes += bytes
		q.used[tenant] = used
	}
}

// limit is how many bytes of files a tenant may have.
func (s *Service) limit(ctx context.Context, tenant string) (int64, error) {
	catalog, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return 0, fmt.Errorf("catalog of %s: %w", tenant, err)
	}
	value, _, _ := catalog.Setting(settingQuota)
	if gigabytes, ok := value.(int64); ok && gigabytes >= 0 {
		return gigabytes << 30, nil
	}
	return DefaultQuota, nil
}

// sum adds up the sizes of a tenant's files.
func (s *Service) sum(ctx context.Context, tenant string) (int64, error) {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return 0, err
	}
	rows, err := st.Aggregate(ctx, query.Aggregation{
		Collection: def.EntityFile,
		Measures:   []query.Measure{{Name: "bytes", Agg: query.Sum, Path: []string{"size"}, Type: def.TypeInteger}},
	})
	if err != nil {
		return 0, fmt.Errorf("sum of files: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	total, err := strconv.ParseInt(text(rows[0], "bytes"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("sum of files: %w", err)
	}
	return total, nil
}
