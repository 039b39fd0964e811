package interop_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"
)

func TestPq(t *testing.T) {
	db := startPostgres(t)
	over(t, func(t *testing.T, s sockets) {
		for way, url := range db.ways() {
			step(t, "values over "+way, func(t *testing.T) { pqValues(t, pqOpen(t, s, url), way == "tls") })
		}
		step(t, "copy", func(t *testing.T) { pqCopy(t, pqOpen(t, s, db.overTCP())) })
		step(t, "notifications", func(t *testing.T) { pqNotifications(t, s, db) })
		step(t, "cancel", func(t *testing.T) { pqCancel(t, pqOpen(t, s, db.overTCP())) })
		step(t, "pool", func(t *testing.T) { pqPool(t, s, pqOpen(t, s, db.overTCP())) })
		step(t, "a connection that the server ends", func(t *testing.T) { pqTerminated(t, pqOpen(t, s, db.overTCP())) })
	})
}

// A pqDialer has the forms of a dialer that pq wants.
type pqDialer struct{ s sockets }

func (d pqDialer) Dial(network, address string) (net.Conn, error) { return d.s.dial(network, address) }

func (d pqDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.s.DialContext(ctx, network, address)
}

func (d pqDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d.s.DialContext(ctx, network, address)
}

func pqOpen(t *testing.T, s sockets, url string) *sql.DB {
	t.Helper()
	connector, err := pq.NewConnector(url)
	if err != nil {
		t.Fatal(err)
	}
	connector.Dialer(pqDialer{s})
	db := sql.OpenDB(connector)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func pqValues(t *testing.T, db *sql.DB, encrypted bool) {
	ctx := testContext(t)
	double, err := db.PrepareContext(ctx, "select 2 * $1::int8, $2::bytea, (select ssl from pg_stat_ssl where pid = pg_backend_pid())")
	if err != nil {
		t.Fatal(err)
	}
	defer double.Close()
	for i, size := range []int{0, 1, 1000, 1 << 20, 3<<20 + 1} {
		want := pattern(size, byte(i))
		var n int64
		var got []byte
		var ssl bool
		if err := double.QueryRowContext(ctx, i, want).Scan(&n, &got, &ssl); err != nil || n != int64(2*i) || ssl != encrypted {
			t.Fatalf("%d, ssl: %v, %v", n, ssl, err)
		}
		same(t, "a row", got, want)
	}
	var failed *pq.Error
	if _, err := db.ExecContext(ctx, "select 1/0"); !errors.As(err, &failed) || failed.Code != "22012" {
		t.Errorf("a division by zero is %v", err)
	}
}

func pqCopy(t *testing.T, db *sql.DB) {
	const rows = 5000
	ctx, data := testContext(t), pattern(rows+200, 3)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "create temporary table copied (n int8, data bytea)"); err != nil {
		t.Fatal(err)
	}
	in, err := tx.PrepareContext(ctx, "copy copied (n, data) from stdin")
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if _, err := in.ExecContext(ctx, i, data[i:i+200]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := in.ExecContext(ctx); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	result, err := tx.QueryContext(ctx, "select n, data from copied order by n")
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	i := 0
	for ; result.Next(); i++ {
		var n int
		var got []byte
		if err := result.Scan(&n, &got); err != nil || n != i {
			t.Fatalf("row %d is %d, %v", i, n, err)
		}
		same(t, "a copied row", got, data[i:i+200])
	}
	if err := result.Err(); i != rows || err != nil {
		t.Errorf("%d rows, %v", i, err)
	}
}

func pqNotifications(t *testing.T, s sockets, p postgres) {
	db := pqOpen(t, s, p.overUnix())
	events := make(chan pq.ListenerEventType, 10)
	l := pq.NewDialListener(pqDialer{s}, p.overTCP(), time.Millisecond, time.Second, func(event pq.ListenerEventType, err error) {
		if event == pq.ListenerEventConnectionAttemptFailed {
			t.Errorf("the listener fails: %v", err)
		}
		events <- event
	})
	defer l.Close()
	if err := l.Listen("channel"); err != nil {
		t.Fatal(err)
	}
	if event := <-events; event != pq.ListenerEventConnected {
		t.Errorf("the first event is %v", event)
	}
	for i := range 100 {
		want := fmt.Sprint("number ", i)
		if _, err := db.Exec("select pg_notify('channel', $1)", want); err != nil {
			t.Fatal(err)
		}
		if n := pqReceive(t, l); n == nil || n.Extra != want {
			t.Fatalf("notification %+v, want %q", n, want)
		}
	}

	// A listener connects again, and says so by a nil.
	if _, err := db.Exec("select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%'"); err != nil {
		t.Fatal(err)
	}
	if n := pqReceive(t, l); n != nil {
		t.Errorf("after the end of its connection, the listener has %+v", n)
	}
	if _, err := db.Exec("select pg_notify('channel', 'again')"); err != nil {
		t.Fatal(err)
	}
	if n := pqReceive(t, l); n == nil || n.Extra != "again" {
		t.Errorf("notification %+v", n)
	}
}

func pqReceive(t *testing.T, l *pq.Listener) *pq.Notification {
	t.Helper()
	select {
	case n := <-l.Notify:
		return n
	case <-time.After(testTimeout):
		t.Fatal("no notification")
		return nil
	}
}

func pqCancel(t *testing.T, db *sql.DB) {
	const sleeps = "select pg_sleep(600) /* pq */"
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := db.ExecContext(ctx, sleeps)
		ended <- err
	}()
	active := func() (is bool) {
		if err := db.QueryRow("select exists (select from pg_stat_activity where state = 'active' and query = $1)", sleeps).Scan(&is); err != nil {
			t.Error(err)
		}
		return is
	}
	if !eventually(active) {
		t.Error("the query does not begin")
	}
	cancel()
	var cancelled *pq.Error
	if err := <-ended; !errors.Is(err, context.Canceled) && (!errors.As(err, &cancelled) || cancelled.Code != "57014") {
		t.Errorf("the query ends with %v", err)
	}
	if !eventually(func() bool { return !active() }) {
		t.Error("the query goes on")
	}
}

func pqPool(t *testing.T, s sockets, db *sql.DB) {
	db.SetMaxOpenConns(6)
	ctx := testContext(t)
	var users sync.WaitGroup
	for user := range 24 {
		users.Go(func() {
			for i := range 20 {
				want := pattern(i*1000, byte(user))
				var got []byte
				err := s.Blocking(func() error { return db.QueryRowContext(ctx, "select $1::bytea", want).Scan(&got) })
				if err != nil {
					t.Errorf("user %d: %v", user, err)
					return
				}
				same(t, "a row", got, want)
			}
		})
	}
	users.Wait()
	if stats := db.Stats(); stats.InUse != 0 || stats.OpenConnections > 6 {
		t.Errorf("%+v", stats)
	}
}

// database/sql asks the driver whether an idle connection is sound, which pq tells from a read that would block.
func pqTerminated(t *testing.T, db *sql.DB) {
	ctx := testContext(t)
	for range 5 {
		one, err := db.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var pid int
		if err := one.QueryRowContext(ctx, "select pg_backend_pid()").Scan(&pid); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(ctx, "select pg_terminate_backend($1)", pid); err != nil {
			t.Fatal(err)
		}
		if _, err := one.ExecContext(ctx, "select 1"); err == nil {
			t.Error("a query succeeds on a connection that the server has ended")
		}
		one.Close()
		if err := db.PingContext(ctx); err != nil {
			t.Errorf("after the end of a connection: %v", err)
		}
	}
}
