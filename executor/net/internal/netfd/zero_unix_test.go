//go:build unix

package netfd_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	netunix "github.com/moduvex/moduvex-go/executor/net/unix"
	"golang.org/x/sys/unix"
)

type nothing struct{}

func (nothing) Read(*coro.Co, []byte) (int, error)  { return 0, errors.New("read") }
func (nothing) Write(*coro.Co, []byte) (int, error) { return 0, errors.New("written") }

// A zero socket is a closed one: every method says that it is zero, and none touches descriptor 0.
//
// Regression: a zero socket read descriptor 0, and closed it.
func TestZeroSocketsAreClosed(t *testing.T) {
	var before, after unix.Stat_t
	if err := unix.Fstat(0, &before); err != nil {
		t.Skip("no descriptor 0")
	}
	_, err := executor.Run(context.Background(), executor.Options{Workers: 1}, func(co *coro.Co) (int, error) {
		for _, zero := range []any{
			&tcp.Stream{}, &tcp.ReadHalf{}, &tcp.WriteHalf{}, &tcp.Listener{}, &tcp.ListenerGroup{}, &udp.Socket{},
			&netunix.Stream{}, &netunix.ReadHalf{}, &netunix.WriteHalf{}, &netunix.Seqpacket{}, &netunix.Datagram{}, &netunix.Listener{}, &netunix.SeqpacketListener{},
		} {
			v := reflect.ValueOf(zero)
			for i := range v.NumMethod() {
				callZero(t, co, v, v.Type().Method(i).Name, v.Method(i))
			}
		}
		return 0, nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := unix.Fstat(0, &after); err != nil || before.Ino != after.Ino || before.Dev != after.Dev {
		t.Errorf("descriptor 0 is another one, or closed: %v", err)
	}
}

func callZero(t *testing.T, co *coro.Co, v reflect.Value, name string, method reflect.Value) {
	t.Helper()
	args := []any{
		co, co.Context(), []byte("x"), [][]byte{[]byte("x")}, &net.Buffers{[]byte("x")}, []int(nil), "@x", true, 1,
		time.Now().Add(time.Hour), netip.MustParseAddrPort("127.0.0.1:9"), netip.MustParseAddr("224.0.0.251"),
		net.KeepAliveConfig{Enable: true}, []udp.Message{{Buf: []byte("x"), Addr: netip.MustParseAddrPort("127.0.0.1:9")}},
		(*net.Interface)(nil), nothing{}, strings.NewReader("x"), core.WakerFunc(func() {}),
		func(*coro.Co, *tcp.Stream) {}, func(core.Spawner, *tcp.Stream) {},
		func(uintptr) bool { return true }, func() tcp.Waiter { panic("it waits") },
	}
	in := make([]reflect.Value, method.Type().NumIn())
	for i := range in {
		for _, a := range args {
			want := method.Type().In(i)
			if got := reflect.TypeOf(a); got.AssignableTo(want) {
				in[i] = reflect.ValueOf(a)
				break
			} else if got.Kind() == reflect.Int && got.ConvertibleTo(want) && want.Kind() <= reflect.Uint64 && want.Kind() != reflect.Bool {
				in[i] = reflect.ValueOf(a).Convert(want)
			}
		}
		if !in[i].IsValid() {
			t.Fatalf("%v.%s: no argument of type %v", v.Type(), name, method.Type().In(i))
		}
	}
	for _, out := range method.Call(in) {
		if raw, ok := out.Interface().(tcp.RawConn); ok {
			wantZero(t, v.Type(), name+", Read", raw.Read(func(uintptr) bool { return true }))
			wantZero(t, v.Type(), name+", Write", raw.Write(func(uintptr) bool { return true }))
			wantZero(t, v.Type(), name+", Control", raw.Control(func(uintptr) {}))
			continue
		}
		if out.Type() != reflect.TypeFor[error]() {
			continue
		}
		err, _ := out.Interface().(error)
		wantZero(t, v.Type(), name, err)
	}
}

func wantZero(t *testing.T, of reflect.Type, name string, err error) {
	t.Helper()
	if !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), "the socket is zero") {
		t.Errorf("%v.%s: %v, want a net.ErrClosed that says that the socket is zero", of, name, err)
	}
}
