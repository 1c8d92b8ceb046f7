package api

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics counts requests by route pattern, never by path: ids would make endless series.
type metrics struct {
	seconds *prometheus.HistogramVec
	serve   fiber.Handler
}

func newMetrics() *metrics {
	registry := prometheus.NewRegistry()
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "formwork_http_request_seconds", Help: "Time to answer, by route and status.",
		Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"method", "route", "status"})
	registry.MustRegister(seconds, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &metrics{seconds: seconds, serve: adaptor.HTTPHandler(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))}
}

// observe measures a request and logs the failed ones once.
func (s *server) observe(c *fiber.Ctx) error {
	start := s.Engine.Clock()
	err := c.Next()
	if err != nil {
		// Fiber calls the error handler after the middleware; here it is called now so that the status is known.
		if handled := s.handleError(c, err); handled != nil {
			return handled
		}
	}
	took := s.Engine.Clock().Sub(start)
	s.metrics.seconds.WithLabelValues(c.Method(), c.Route().Path, strconv.Itoa(c.Response().StatusCode())).
		Observe(float64(took) / float64(time.Second))
	return nil
}
