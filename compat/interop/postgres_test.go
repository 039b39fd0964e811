package interop_test

import (
	"iter"
	"net/url"
	"os/exec"
	"path/filepath"
	"testing"
)

// A postgres is a server of PostgreSQL with an empty database.
type postgres struct {
	dir, port string
	roots     string // the file with the certificate that it has for TLS
}

const postgresPassword = "a password" // SCRAM has several messages to and fro

// startPostgres starts a server on a port of loopback and on a Unix socket.
func startPostgres(t *testing.T) postgres {
	t.Helper()
	const debian = "/usr/lib/postgresql/*/bin" // not in PATH
	initdb := tool(t, "initdb", "postgresql-15", debian)
	server := tool(t, "postgres", "postgresql-15", debian)
	isReady := tool(t, "pg_isready", "postgresql-client-15", debian)
	dir := folder(t)
	file := func(name string) string { return filepath.Join(dir, name) }
	cert := newCertificate(t)
	writeFile(t, file("password"), []byte(postgresPassword))
	writeFile(t, file("server.crt"), cert.certPEM)
	writeFile(t, file("server.key"), cert.keyPEM)
	user := unprivileged(t, "postgres", "nobody")
	user.owns(t, dir, file("password"), file("server.crt"), file("server.key"))

	run(t, user.command(initdb, "--pgdata", file("data"), "--username", "interop", "--pwfile", file("password"),
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"))
	port := startServer(t, func(port string) *exec.Cmd {
		return user.command(server, "-D", file("data"), "-p", port, "-k", dir, "-h", "127.0.0.1", "-F",
			"-c", "ssl=on", "-c", "ssl_cert_file="+file("server.crt"), "-c", "ssl_key_file="+file("server.key"),
			"-c", "shared_buffers=32MB", "-c", "max_connections=50")
	}, func(port string) error {
		return exec.Command(isReady, "-q", "-h", "127.0.0.1", "-p", port, "-d", "postgres").Run()
	})
	return postgres{dir: dir, port: port, roots: file("server.crt")}
}

// ways yields the name and the URL of each way to it.
func (p postgres) ways() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		_ = yield("tcp", p.overTCP()) && yield("unix", p.overUnix()) && yield("tls", p.overTLS())
	}
}

func (p postgres) overTCP() string  { return p.url("127.0.0.1", "sslmode", "disable") }
func (p postgres) overUnix() string { return p.url(p.dir, "sslmode", "disable") }
func (p postgres) overTLS() string {
	return p.url("127.0.0.1", "sslmode", "verify-full", "sslrootcert", p.roots)
}

func (p postgres) url(host string, options ...string) string {
	q := url.Values{"host": {host}, "port": {p.port}}
	for i := 0; i < len(options); i += 2 {
		q.Set(options[i], options[i+1])
	}
	u := url.URL{Scheme: "postgres", User: url.UserPassword("interop", postgresPassword), Path: "/postgres", RawQuery: q.Encode()}
	return u.String()
}
