package unix_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

func TestSendFile(t *testing.T) {
	content := make([]byte, 3<<20+5)
	for i := range content {
		content[i] = byte(i * i >> 8)
	}
	path := temp(t) + "/file"
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for style, send := range map[string]func(co *coro.Co, s *unix.Stream, src io.Reader) (int64, error){
		"direct": func(co *coro.Co, s *unix.Stream, src io.Reader) (int64, error) { return s.SendFile(co, src) },
		"poll": func(co *coro.Co, s *unix.Stream, src io.Reader) (sent int64, err error) {
			_, aerr := coro.Await(co, future.Func(func(cx *core.Context) (struct{}, bool) {
				for {
					n, ready, perr := s.PollSendFile(cx, src)
					sent += n
					if !ready || perr == io.EOF {
						return struct{}{}, ready
					}
					if perr != nil {
						err = perr
						return struct{}{}, true
					}
				}
			}))
			return sent, errors.Join(err, aerr)
		},
		"by reading": func(co *coro.Co, s *unix.Stream, src io.Reader) (int64, error) {
			return s.SendFile(co, struct{ io.Reader }{src})
		},
	} {
		t.Run(style, func(t *testing.T) {
			rt := nettest.NewRuntime(t)
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			a, b := streams(t)
			nettest.Do(t, rt, func(co *coro.Co) error {
				defer b.Close()
				const limit = 3 << 20
				sender := executor.Go(co, func(co *coro.Co) (int64, error) {
					defer a.Close()
					return send(co, a, io.LimitReader(f, limit))
				})
				var got bytes.Buffer
				if _, err := b.WriteTo(co, writerTo{&got}); err != nil {
					return err
				}
				if n, err := sender.Join(co); n != limit || err != nil {
					t.Errorf("%d bytes were sent, %v", n, err)
				}
				if !bytes.Equal(got.Bytes(), content[:limit]) {
					t.Errorf("%d bytes came, or others than were sent", got.Len())
				}
				if pos, _ := f.Seek(0, io.SeekCurrent); pos != limit {
					t.Errorf("the file is at %d", pos)
				}
				a.Close()
				var oe *net.OpError
				if _, err := send(co, a, f); !errors.As(err, &oe) || oe.Op != "write" || !errors.Is(err, net.ErrClosed) {
					t.Errorf("on a closed stream: %v", err)
				}
				return nil
			})
		})
	}
}
