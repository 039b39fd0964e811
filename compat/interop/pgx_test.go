package interop_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

func TestPgx(t *testing.T) {
	db := startPostgres(t)
	over(t, func(t *testing.T, s sockets) {
		for way, url := range db.ways() {
			step(t, "values over "+way, func(t *testing.T) { pgxValues(t, pgxConnect(t, s, url), way == "tls") })
		}
		step(t, "large rows", func(t *testing.T) { pgxLargeRows(t, pgxConnect(t, s, db.overTCP())) })
		step(t, "large rows over tls", func(t *testing.T) { pgxLargeRows(t, pgxConnect(t, s, db.overTLS())) })
		step(t, "modes of execution", func(t *testing.T) { pgxModes(t, pgxConnect(t, s, db.overTCP())) })
		step(t, "batch", func(t *testing.T) { pgxBatch(t, pgxConnect(t, s, db.overUnix())) })
		step(t, "copy", func(t *testing.T) { pgxCopy(t, pgxConnect(t, s, db.overTCP())) })
		step(t, "notifications", func(t *testing.T) {
			pgxNotifications(t, pgxConnect(t, s, db.overTCP()), pgxConnect(t, s, db.overUnix()))
		})
		step(t, "cancel by deadline", func(t *testing.T) { pgxCancelByDeadline(t, s, db) })
		step(t, "cancel by request", func(t *testing.T) { pgxCancelByRequest(t, s, db) })
		step(t, "pool", func(t *testing.T) { pgxPool(t, s, db) })
		if s.rt != nil {
			step(t, "inside a task", func(t *testing.T) { pgxInsideTask(t, s, pgxConnect(t, s, db.overTCP())) })
		}
		step(t, "refused", func(t *testing.T) { pgxRefused(t, s, db) })
	})
}

func pgxConfig(t *testing.T, s sockets, url string) *pgx.ConnConfig {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.DialFunc = s.DialContext
	return config
}

func pgxConnect(t *testing.T, s sockets, url string) *pgx.Conn {
	t.Helper()
	return pgxOpen(t, pgxConfig(t, s, url))
}

func pgxOpen(t *testing.T, config *pgx.ConnConfig) *pgx.Conn {
	t.Helper()
	c, err := pgx.ConnectConfig(testContext(t), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close(context.Background())
		select {
		case <-c.PgConn().CleanupDone():
		case <-time.After(testTimeout):
			t.Error("the connection does not end")
		}
	})
	return c
}

func pgxValues(t *testing.T, c *pgx.Conn, encrypted bool) {
	want := pattern(1000, 1)
	var (
		got  []byte
		text string
		n    int64
		at   time.Time
		ssl  bool
	)
	ctx, now := testContext(t), time.Now().UTC().Truncate(time.Microsecond)
	err := c.QueryRow(ctx, "select $1::bytea, $2::text, $3::int8, $4::timestamptz, (select ssl from pg_stat_ssl where pid = pg_backend_pid())",
		want, "ünïcode", int64(-1)<<62, now).Scan(&got, &text, &n, &at, &ssl)
	if err != nil || text != "ünïcode" || n != -1<<62 || !at.Equal(now) || ssl != encrypted {
		t.Errorf("%q, %d, %v, ssl: %v, %v", text, n, at, ssl, err)
	}
	same(t, "the bytes", got, want)

	var failed *pgconn.PgError
	if _, err = c.Exec(ctx, "select 1/0"); !errors.As(err, &failed) || failed.Code != "22012" {
		t.Errorf("a division by zero is %v", err)
	}
	if err = c.Ping(ctx); err != nil {
		t.Errorf("after an error of the server: %v", err)
	}
}

func pgxLargeRows(t *testing.T, c *pgx.Conn) {
	for i, size := range []int{1 << 20, 1<<20 + 1, 5 << 20} {
		want := pattern(size, byte(i))
		var got []byte
		if err := c.QueryRow(testContext(t), "select $1::bytea", want).Scan(&got); err != nil {
			t.Fatal(err)
		}
		same(t, "a row", got, want)
	}
}

func pgxModes(t *testing.T, c *pgx.Conn) {
	ctx := testContext(t)
	if _, err := c.Prepare(ctx, "double", "select 2 * $1::int8"); err != nil {
		t.Fatal(err)
	}
	for i := range int64(100) {
		var got int64
		if err := c.QueryRow(ctx, "double", i).Scan(&got); err != nil || got != 2*i {
			t.Fatalf("the prepared statement returns %d, %v for %d", got, err, i)
		}
	}
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe,
		pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		rows, err := c.Query(ctx, "select n from generate_series(1, $1::int4) n", mode, int32(3000))
		if err != nil {
			t.Fatalf("%v: %v", mode, err)
		}
		numbers, err := pgx.CollectRows(rows, pgx.RowTo[int32])
		if err != nil || len(numbers) != 3000 {
			t.Fatalf("%v: %d rows, %v", mode, len(numbers), err)
		}
		for i, n := range numbers {
			if n != int32(i+1) {
				t.Fatalf("%v: row %d is %d", mode, i, n)
			}
		}
	}
}

// A batch sends all its queries before it reads the first result, so that both ends may fill their buffers.
func pgxBatch(t *testing.T, c *pgx.Conn) {
	const queries = 200
	batch := new(pgx.Batch)
	want := pattern(16<<10, 2)
	for i := range queries {
		batch.Queue("select $1::int8, $2::bytea", int64(i), want[i:])
	}
	results := c.SendBatch(testContext(t), batch)
	defer results.Close()
	for i := range queries {
		var n int64
		var got []byte
		if err := results.QueryRow().Scan(&n, &got); err != nil || n != int64(i) {
			t.Fatalf("query %d has %d, %v", i, n, err)
		}
		same(t, "a result of the batch", got, want[i:])
	}
	if err := results.Close(); err != nil {
		t.Error(err)
	}
}

func pgxCopy(t *testing.T, c *pgx.Conn) {
	const rows = 10_000
	ctx, data := testContext(t), pattern(rows+200, 3)
	if _, err := c.Exec(ctx, "create temporary table copied (n int8, data bytea)"); err != nil {
		t.Fatal(err)
	}
	n, err := c.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"n", "data"}, pgx.CopyFromSlice(rows, func(i int) ([]any, error) {
		return []any{int64(i), data[i : i+200]}, nil
	}))
	if n != rows || err != nil {
		t.Fatalf("CopyFrom returns %d, %v", n, err)
	}
	result, err := c.Query(ctx, "select n, data from copied order by n")
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	var number int64
	var got []byte
	_, err = pgx.ForEachRow(result, []any{&number, &got}, func() error {
		if number != int64(i) {
			return fmt.Errorf("row %d is %d", i, number)
		}
		same(t, "a copied row", got, data[i:i+200])
		i++
		return nil
	})
	if i != rows || err != nil {
		t.Errorf("%d rows, %v", i, err)
	}

	wrong := errors.New("no more rows")
	if _, err := c.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"n"}, pgx.CopyFromFunc(func() ([]any, error) {
		if i--; i < rows/2 {
			return nil, wrong
		}
		return []any{int64(i)}, nil
	})); err == nil {
		t.Error("a source that fails is no error")
	}
	if err := c.Ping(ctx); err != nil {
		t.Errorf("after a copy that failed: %v", err)
	}
}

func pgxNotifications(t *testing.T, listener, sender *pgx.Conn) {
	ctx := testContext(t)
	if _, err := listener.Exec(ctx, "listen channel"); err != nil {
		t.Fatal(err)
	}
	// A wait without a notification ends with its context, and loses none.
	short, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
	defer cancel()
	if n, err := listener.WaitForNotification(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a notification, the wait returns %v, %v", n, err)
	}
	sent := make(chan error, 1)
	go func() {
		for i := range 100 {
			if _, err := sender.Exec(ctx, "select pg_notify('channel', $1)", fmt.Sprint("number ", i)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range 100 {
		n, err := listener.WaitForNotification(ctx)
		if err != nil {
			t.Fatalf("notification %d: %v", i, err)
		}
		if want := fmt.Sprint("number ", i); n.Payload != want || n.PID != sender.PgConn().PID() {
			t.Fatalf("notification %+v, want %q", n, want)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// pgxSleeps is a query that takes longer than a test, with a mark by which another connection finds it.
const pgxSleeps = "select pg_sleep(600) /* sleeps */"

// pgxCancelRunning runs the query until the server has it, and then cancels its context.
func pgxCancelRunning(t *testing.T, c, other *pgx.Conn) error {
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := c.Exec(ctx, pgxSleeps)
		ended <- err
	}()
	pid := c.PgConn().PID()
	active := func() (is bool) {
		err := other.QueryRow(testContext(t), "select exists (select from pg_stat_activity where pid = $1 and state = 'active' and query = $2)",
			int32(pid), pgxSleeps).Scan(&is)
		if err != nil {
			t.Error(err)
		}
		return is
	}
	if !eventually(active) {
		t.Error("the query does not begin")
	}
	cancel()
	err := <-ended
	if !eventually(func() bool { return !active() }) {
		t.Error("the query goes on")
	}
	return err
}

// What pgx does without further ado: a deadline in the past, and a connection that is closed.
func pgxCancelByDeadline(t *testing.T, s sockets, db postgres) {
	c := pgxConnect(t, s, db.overTCP())
	if err := pgxCancelRunning(t, c, pgxConnect(t, s, db.overUnix())); !errors.Is(err, context.Canceled) {
		t.Errorf("the query ends with %v", err)
	}
	if !c.IsClosed() {
		t.Error("the connection is open")
	}
}

func pgxCancelByRequest(t *testing.T, s sockets, db postgres) {
	config := pgxConfig(t, s, db.overTCP())
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: testTimeout}
	}
	c, other := pgxOpen(t, config), pgxConnect(t, s, db.overUnix())
	for range 3 {
		var cancelled *pgconn.PgError
		if err := pgxCancelRunning(t, c, other); !errors.As(err, &cancelled) || cancelled.Code != "57014" {
			t.Fatalf("the query ends with %v", err)
		}
		if err := c.Ping(testContext(t)); err != nil {
			t.Fatalf("after the cancel: %v", err)
		}
	}
}

// More users than connections, some of which give their query up.
func pgxPool(t *testing.T, s sockets, db postgres) {
	config, err := pgxpool.ParseConfig(db.overTCP())
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 6
	config.ConnConfig.DialFunc = s.DialContext
	ctx := testContext(t)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var users sync.WaitGroup
	for user := range 24 {
		users.Go(func() {
			err := s.Blocking(func() error { return pgxUse(t, ctx, pool, user) })
			if err != nil {
				t.Errorf("user %d: %v", user, err)
			}
		})
	}
	users.Wait()
	if !eventually(func() bool { return pool.Stat().AcquiredConns() == 0 }) { // one that is broken is given back in the background
		t.Errorf("%d connections are acquired", pool.Stat().AcquiredConns())
	}
	if n := pool.Stat().MaxConns(); n != 6 {
		t.Errorf("the pool has %d connections", n)
	}
}

func pgxUse(t *testing.T, ctx context.Context, pool *pgxpool.Pool, user int) error {
	for i := range 20 {
		want := pattern(i*1000, byte(user))
		var got []byte
		if err := pool.QueryRow(ctx, "select $1::bytea", want).Scan(&got); err != nil {
			return err
		}
		same(t, "a row", got, want)
		if user%4 == 0 && i%10 == 0 {
			short, cancel := context.WithTimeout(ctx, 2*time.Millisecond)
			_, err := pool.Exec(short, pgxSleeps)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("a query that is given up ends with %w", err)
			}
		}
	}
	return nil
}

// A driver that waits on the goroutine of a task fails at once, before it blocks the worker.
func pgxInsideTask(t *testing.T, s sockets, c *pgx.Conn) {
	ctx := testContext(t)
	task := executor.Do(s.rt, func(co *coro.Co) error {
		if _, err := c.Exec(ctx, "select pg_sleep($1)", 600); !errors.Is(err, stdnet.ErrOnWorker) {
			t.Errorf("a query in a task ends with %v", err)
		}
		other, err := pgx.ConnectConfig(ctx, c.Config())
		if !errors.Is(err, stdnet.ErrOnWorker) {
			t.Errorf("a dial in a task returns %v, %v", other, err)
		}
		return nil
	})
	if _, err := task.Wait(ctx); err != nil {
		t.Error(err)
	}
}

func pgxRefused(t *testing.T, s sockets, db postgres) {
	wrong := pgxConfig(t, s, db.overTCP())
	wrong.Password = "another"
	var failed *pgconn.PgError
	if _, err := pgx.ConnectConfig(testContext(t), wrong); !errors.As(err, &failed) || failed.Code != "28P01" {
		t.Errorf("with a wrong password: %v", err)
	}
	nobody := pgxConfig(t, s, postgres{dir: db.dir, port: freePort(t)}.overTCP())
	var op *net.OpError
	if _, err := pgx.ConnectConfig(testContext(t), nobody); !errors.As(err, &op) || op.Op != "dial" {
		t.Errorf("without a server: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pgx.ConnectConfig(gone, pgxConfig(t, s, db.overUnix())); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
}
