package interop_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestRedis(t *testing.T) {
	tcp, unix := startRedis(t)
	over(t, func(t *testing.T, s sockets) {
		for _, way := range []*redis.Options{{Network: "tcp", Addr: tcp}, {Network: "unix", Addr: unix}} {
			client := func(t *testing.T) *redis.Client { return redisOpen(t, s, *way) }
			step(t, "values over "+way.Network, func(t *testing.T) { redisValues(t, client(t)) })
			step(t, "pipelines over "+way.Network, func(t *testing.T) { redisPipelines(t, client(t)) })
			step(t, "scripts over "+way.Network, func(t *testing.T) { redisScripts(t, client(t)) })
			step(t, "subscriptions over "+way.Network, func(t *testing.T) { redisSubscriptions(t, client(t)) })
			step(t, "blocking pop over "+way.Network, func(t *testing.T) { redisBlockingPop(t, client(t)) })
			step(t, "pool over "+way.Network, func(t *testing.T) { redisPool(t, s, client(t)) })
			step(t, "close over "+way.Network, func(t *testing.T) { redisClose(t, client(t)) })
			step(t, "a connection that the server ends over "+way.Network, func(t *testing.T) { redisKilled(t, client(t)) })
		}
	})
}

// startRedis starts a server without persistence, and returns its addresses.
func startRedis(t *testing.T) (tcp, unix string) {
	t.Helper()
	path := tool(t, "redis-server", "redis-server")
	dir := folder(t)
	unix = filepath.Join(dir, "socket")
	port := startServer(t, func(port string) *exec.Cmd {
		return exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--unixsocket", unix, "--dir", dir, "--daemonize", "no",
			"--save", "", "--appendonly", "no", "--databases", "1", "--enable-debug-command", "local")
	}, accepts)
	return "127.0.0.1:" + port, unix
}

func redisOpen(t *testing.T, s sockets, options redis.Options) *redis.Client {
	t.Helper()
	options.Dialer = s.DialContext
	options.PoolSize = 6
	options.MaxRetries = -1 // a second try would hide a fault
	options.ContextTimeoutEnabled = true
	c := redis.NewClient(&options)
	t.Cleanup(func() {
		if err := c.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
			t.Error(err)
		}
	})
	if err := c.FlushAll(testContext(t)).Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func redisValues(t *testing.T, c *redis.Client) {
	ctx := testContext(t)
	if err := c.Get(ctx, "none").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("a key that is missing is %v", err)
	}
	for i, size := range []int{0, 1, 32 << 10, 1 << 20, 5<<20 + 1} {
		want := pattern(size, byte(i))
		if err := c.Set(ctx, "key", want, 0).Err(); err != nil {
			t.Fatal(err)
		}
		got, err := c.Get(ctx, "key").Bytes()
		if err != nil {
			t.Fatal(err)
		}
		same(t, "a value", got, want)
	}
	if err := c.LPush(ctx, "key", 1).Err(); !redis.HasErrorPrefix(err, "WRONGTYPE") {
		t.Errorf("a push to a string is %v", err)
	}
}

func redisPipelines(t *testing.T, c *redis.Client) {
	ctx, data := testContext(t), pattern(10_000, 5)
	for name, pipelined := range map[string]func(context.Context, func(redis.Pipeliner) error) ([]redis.Cmder, error){
		"a pipeline": c.Pipelined, "a transaction": c.TxPipelined,
	} {
		const commands = 1000
		echoes := make([]*redis.Cmd, commands)
		_, err := pipelined(ctx, func(p redis.Pipeliner) error {
			for i := range echoes {
				echoes[i] = p.Do(ctx, "ECHO", data[i:i+2000])
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, echo := range echoes {
			got, err := echo.Text()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			same(t, name, []byte(got), data[i:i+2000])
		}
	}
}

func redisScripts(t *testing.T, c *redis.Client) {
	ctx := testContext(t)
	if err := c.ScriptFlush(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	add := redis.NewScript(`
		local sum = 0
		for i = 1, #ARGV do sum = sum + ARGV[i] end
		redis.call('INCRBY', KEYS[1], sum)
		return {sum, redis.call('GET', KEYS[1]), string.rep('x', 100000)}`)
	for i := range 20 { // the first one loads it
		got, err := add.Run(ctx, c, []string{"sum"}, 1, 2, 3).Slice()
		if err != nil || len(got) != 3 || got[0] != int64(6) || got[1] != strconv.Itoa(6*(i+1)) || len(got[2].(string)) != 100_000 {
			t.Fatalf("%.100v, %v", got, err)
		}
	}
	if err := redis.NewScript("return redis.error_reply('MINE of the script')").Run(ctx, c, nil).Err(); !redis.HasErrorPrefix(err, "MINE") {
		t.Errorf("the script fails with %v", err)
	}
}

func redisSubscriptions(t *testing.T, c *redis.Client) {
	ctx := testContext(t)
	sub := c.Subscribe(ctx, "a", "b")
	defer sub.Close()
	for range 2 {
		if got, err := sub.Receive(ctx); err != nil {
			t.Fatalf("%v, %v", got, err)
		}
	}
	if got, err := sub.ReceiveTimeout(ctx, 5*time.Millisecond); !timedOut(err) {
		t.Errorf("without a message, the receive returns %v, %v", got, err)
	}
	if err := sub.Ping(ctx, "hello"); err != nil {
		t.Fatal(err)
	}
	if got, err := sub.Receive(ctx); err != nil || got.(*redis.Pong).Payload != "hello" {
		t.Errorf("%v, %v", got, err)
	}
	sent := make(chan error, 1)
	go func() {
		for i := range 300 {
			if n, err := c.Publish(ctx, string("ab"[i%2]), i).Result(); n != 1 || err != nil {
				sent <- fmt.Errorf("message %d has %d receivers, %w", i, n, err)
				return
			}
		}
		sent <- nil
	}()
	for i := range 300 {
		m, err := sub.ReceiveMessage(ctx)
		if err != nil || m.Channel != string("ab"[i%2]) || m.Payload != strconv.Itoa(i) {
			t.Fatalf("message %d is %v, %v", i, m, err)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func timedOut(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

func redisBlockingPop(t *testing.T, c *redis.Client) {
	ctx := testContext(t)
	if err := c.Do(ctx, "BLPOP", "list", "0.01").Err(); !errors.Is(err, redis.Nil) { // BLPop knows whole seconds only
		t.Errorf("an empty list: %v", err)
	}
	type popped struct {
		values []string
		err    error
	}
	pop := func(ctx context.Context) <-chan popped {
		result := make(chan popped, 1)
		before := redisBlocked(t, c)
		go func() {
			values, err := c.BLPop(ctx, 0, "list").Result()
			result <- popped{values, err}
		}()
		if !eventually(func() bool { return redisBlocked(t, c) == before+1 }) {
			t.Error("the server does not have the command")
		}
		return result
	}
	result := pop(ctx)
	if err := c.RPush(ctx, "list", "value").Err(); err != nil {
		t.Fatal(err)
	}
	if got := <-result; got.err != nil || got.values[1] != "value" {
		t.Errorf("%+v", got)
	}
	// go-redis maps the end of a context to a deadline of the connection when the command begins.
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := c.BLPop(short, 0, "list").Err(); !timedOut(err) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("beyond its deadline, the command ends with %v", err)
	}
	if !eventually(func() bool { return redisBlocked(t, c) == 0 }) {
		t.Error("the server still has the command: the connection is not closed")
	}
}

// redisBlocked returns how many clients the server keeps waiting.
func redisBlocked(t *testing.T, c *redis.Client) int {
	t.Helper()
	info, err := c.InfoMap(t.Context(), "clients").Result()
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(info["Clients"]["blocked_clients"])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func redisPool(t *testing.T, s sockets, c *redis.Client) {
	ctx := testContext(t)
	var users sync.WaitGroup
	for user := range 24 {
		users.Go(func() {
			for i := range 50 {
				key, want := fmt.Sprint("key ", user), pattern(i*100, byte(user))
				var got []byte
				err := s.Blocking(func() (err error) {
					if err = c.Set(ctx, key, want, 0).Err(); err == nil {
						got, err = c.Get(ctx, key).Bytes()
					}
					return err
				})
				if err != nil {
					t.Errorf("user %d: %v", user, err)
					return
				}
				same(t, "a value", got, want)
			}
		})
	}
	users.Wait()
	if stats := c.PoolStats(); stats.TotalConns > 6 || stats.IdleConns != stats.TotalConns || stats.StaleConns != 0 {
		t.Errorf("%+v", stats)
	}
}

// A client that is closed ends the commands that wait for the server.
func redisClose(t *testing.T, c *redis.Client) {
	ended := make(chan error, 1)
	go func() { ended <- c.BLPop(t.Context(), 0, "none").Err() }()
	if !eventually(func() bool { return redisBlocked(t, c) == 1 }) {
		t.Error("the server does not have the command")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-ended:
		if err == nil || errors.Is(err, redis.Nil) {
			t.Errorf("the command ends with %v", err)
		}
	case <-time.After(testTimeout):
		t.Error("the command goes on")
	}
	if err := c.Ping(t.Context()).Err(); !errors.Is(err, redis.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// go-redis looks at an idle connection before it uses it: SyscallConn tells whether the server has ended it.
func redisKilled(t *testing.T, c *redis.Client) {
	ctx := testContext(t)
	for range 10 {
		id, err := c.ClientID(ctx).Result()
		if err != nil {
			t.Fatal(err)
		}
		// A connection that kills itself has its reply first, and its end then.
		if n, err := c.ClientKillByFilter(ctx, "ID", strconv.FormatInt(id, 10), "SKIPME", "no").Result(); n != 1 || err != nil {
			t.Fatalf("%d clients are killed, %v", n, err)
		}
		if !eventually(func() bool { return c.Ping(ctx).Err() == nil }) {
			t.Fatal("the pool does not recover")
		}
	}
}
