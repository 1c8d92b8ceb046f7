# Formwork in one image. Build: docker build -t formwork .
# The form engine (WASM) is built first, then the UI around it, then the server around both.

FROM golang:1.26-bookworm AS engine
ENV CGO_ENABLED=0
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN make wasm

FROM node:22-bookworm-slim AS ui
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY web .
COPY --from=engine /src/web/public public
RUN npm run build

FROM engine AS server
COPY --from=ui /src/web/dist web/dist
ARG VERSION=dev
RUN go build -trimpath -ldflags="-s -w -X main.version=$VERSION" -o /formwork ./cmd/formwork

FROM debian:bookworm-slim
RUN apt-get update \
	&& apt-get install -y --no-install-recommends ca-certificates tzdata \
	&& rm -rf /var/lib/apt/lists/* \
	&& useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin formwork \
	&& install -d -m 0700 -o formwork -g formwork /data
COPY --from=server /formwork /usr/local/bin/formwork
USER formwork
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["formwork", "doctor", "--health"]
ENTRYPOINT ["formwork"]
# TLS, since the port is reached from outside the container; put a certificate of your own at its place.
CMD ["serve", "--data", "/data", "--listen", "0.0.0.0:8080", "--tls", "self"]
