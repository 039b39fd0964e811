package interop_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/interop"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/orca"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func TestGRPC(t *testing.T) {
	cert := newCertificate(t)
	over(t, func(t *testing.T, s sockets) {
		step(t, "cases over tcp", func(t *testing.T) { grpcCases(t, grpcPair(t, s, s.listen(t), nil)) })
		step(t, "cases over tls", func(t *testing.T) { grpcCases(t, grpcPair(t, s, s.listen(t), &cert)) })
		step(t, "cases over unix", func(t *testing.T) {
			l, err := s.Listen("unix", filepath.Join(folder(t), "socket"))
			if err != nil {
				t.Fatal(err)
			}
			grpcCases(t, grpcPair(t, s, l, nil))
		})
		step(t, "streams", func(t *testing.T) { grpcStreams(t, grpcPair(t, s, s.listen(t), nil)) })
		step(t, "graceful stop", func(t *testing.T) { grpcGracefulStop(t, grpcPair(t, s, s.listen(t), nil)) })
		step(t, "stop and start", func(t *testing.T) { grpcRestart(t, s, grpcPair(t, s, s.listen(t), nil)) })
		step(t, "pings that the server enforces", func(t *testing.T) { grpcTooManyPings(t, s) })
		if !testing.Short() { // gRPC does not take less than 1 s for the server, and 10 s for the client
			step(t, "keep-alive of the server", func(t *testing.T) { grpcServerKeepAlive(t, s) })
			step(t, "keep-alive of the client", func(t *testing.T) { grpcClientKeepAlive(t, s) })
		}
	})
}

// A grpcEnds is a server and a client of it.
type grpcEnds struct {
	server *grpc.Server
	client *grpc.ClientConn
	addr   net.Addr
	served chan error // what Serve returns
}

// grpcPair makes a server and a client, which end with the test.
func grpcPair(t *testing.T, s sockets, l net.Listener, cert *certificate) grpcEnds {
	t.Helper()
	trust := insecure.NewCredentials()
	var options []grpc.ServerOption
	if cert != nil {
		trust = credentials.NewTLS(cert.client())
		options = append(options, grpc.Creds(credentials.NewTLS(cert.server())))
	}
	ends := grpcServe(t, l, options...)
	ends.client = grpcDial(t, s, ends.addr, grpc.WithTransportCredentials(trust))
	return ends
}

func grpcServe(t *testing.T, l net.Listener, options ...grpc.ServerOption) grpcEnds {
	t.Helper()
	options = append(options, orca.CallMetricsServerOption(nil), grpc.WaitForHandlers(true))
	ends := grpcEnds{server: grpc.NewServer(options...), addr: l.Addr(), served: make(chan error, 1)}
	testpb.RegisterTestServiceServer(ends.server, interop.NewTestServer())
	ends.server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "interop.Echo",
		HandlerType: (*any)(nil),
		Streams:     []grpc.StreamDesc{{StreamName: "Echo", Handler: grpcEcho, ServerStreams: true, ClientStreams: true}},
	}, nil)
	go func() { ends.served <- ends.server.Serve(l) }()
	t.Cleanup(ends.server.Stop)
	return ends
}

// grpcDial returns a client whose dials get the address as a dialer of package net does.
func grpcDial(t *testing.T, s sockets, to net.Addr, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	const retry = 10 * time.Millisecond
	options = append(options,
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return s.DialContext(ctx, to.Network(), to.String())
		}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: retry, Multiplier: 1, MaxDelay: retry},
			MinConnectTimeout: testTimeout,
		}))
	c, err := grpc.NewClient("passthrough:///localhost", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// grpcEcho is a method that returns each message.
func grpcEcho(_ any, stream grpc.ServerStream) error {
	for {
		var m wrapperspb.BytesValue
		switch err := stream.RecvMsg(&m); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := stream.SendMsg(&m); err != nil {
			return err
		}
	}
}

func grpcOpenEcho(ctx context.Context, c *grpc.ClientConn) (grpc.ClientStream, error) {
	return c.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/interop.Echo/Echo")
}

// grpcCases runs the cases of gRPC's interoperability tests.
func grpcCases(t *testing.T, ends grpcEnds) {
	ctx, c, args := testContext(t), testpb.NewTestServiceClient(ends.client), []grpc.CallOption(nil)
	for _, test := range []struct {
		name string
		do   func()
	}{
		{"empty_unary", func() { interop.DoEmptyUnaryCall(ctx, c, args...) }},
		{"large_unary", func() { interop.DoLargeUnaryCall(ctx, c, args...) }},
		{"client_streaming", func() { interop.DoClientStreaming(ctx, c, args...) }},
		{"server_streaming", func() { interop.DoServerStreaming(ctx, c, args...) }},
		{"ping_pong", func() { interop.DoPingPong(ctx, c, args...) }},
		{"empty_stream", func() { interop.DoEmptyStream(ctx, c, args...) }},
		{"timeout_on_sleeping_server", func() { interop.DoTimeoutOnSleepingServer(ctx, c, args...) }},
		{"cancel_after_begin", func() { interop.DoCancelAfterBegin(ctx, c, args...) }},
		{"cancel_after_first_response", func() { interop.DoCancelAfterFirstResponse(ctx, c, args...) }},
		{"custom_metadata", func() { interop.DoCustomMetadata(ctx, c, args...) }},
		{"status_code_and_message", func() { interop.DoStatusCodeAndMessage(ctx, c, args...) }},
		{"special_status_message", func() { interop.DoSpecialStatusMessage(ctx, c, args...) }},
		{"unimplemented_method", func() { interop.DoUnimplementedMethod(ctx, ends.client) }},
		{"unimplemented_service", func() {
			interop.DoUnimplementedService(ctx, testpb.NewUnimplementedServiceClient(ends.client))
		}},
	} {
		if err := grpcDo(test.do); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// grpcStreams has many streams on one connection, whose messages fill the windows of both directions.
func grpcStreams(t *testing.T, ends grpcEnds) {
	ctx := testContext(t)
	var streams sync.WaitGroup
	for id := range 20 {
		streams.Go(func() {
			if err := grpcEchoes(ctx, t, ends.client, id); err != nil {
				t.Errorf("stream %d: %v", id, err)
			}
		})
	}
	streams.Wait()
}

// grpcEchoes sends messages until it gives the stream up, or ends it, and compares their echoes.
func grpcEchoes(ctx context.Context, t *testing.T, c *grpc.ClientConn, id int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := grpcOpenEcho(ctx, c)
	if err != nil {
		return err
	}
	const messages = 8
	data := pattern(150_000, byte(id))
	sent := make(chan error, 1)
	go func() {
		for i := range messages {
			if err := stream.SendMsg(wrapperspb.Bytes(data[i*10_000:])); err != nil {
				sent <- err
				return
			}
		}
		sent <- stream.CloseSend()
	}()
	for i := range messages {
		if id%5 == 4 && i == 2 {
			cancel()
		}
		var m wrapperspb.BytesValue
		if err := stream.RecvMsg(&m); err != nil {
			<-sent
			if id%5 == 4 && status.Code(err) == codes.Canceled {
				return nil
			}
			return err
		}
		same(t, "a message", m.Value, data[i*10_000:])
	}
	if err := stream.RecvMsg(new(wrapperspb.BytesValue)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("at its end, the stream has %w", err)
	}
	return <-sent
}

// A stop that is graceful lets a stream go on, refuses others, and returns when the stream has ended.
func grpcGracefulStop(t *testing.T, ends grpcEnds) {
	ctx := testContext(t)
	stream, err := grpcOpenEcho(ctx, ends.client)
	if err != nil {
		t.Fatal(err)
	}
	echo := func() {
		t.Helper()
		want := pattern(100_000, 9)
		var got wrapperspb.BytesValue
		if err := stream.SendMsg(wrapperspb.Bytes(want)); err != nil {
			t.Fatal(err)
		}
		if err := stream.RecvMsg(&got); err != nil {
			t.Fatal(err)
		}
		same(t, "a message", got.Value, want)
	}
	echo()
	stopped := make(chan struct{})
	go func() {
		ends.server.GracefulStop()
		close(stopped)
	}()
	if !eventually(func() bool {
		_, err := testpb.NewTestServiceClient(ends.client).EmptyCall(ctx, new(testpb.Empty))
		return status.Code(err) == codes.Unavailable
	}) {
		t.Error("the server accepts calls after its stop has begun")
	}
	echo()
	select {
	case <-stopped:
		t.Error("GracefulStop has returned before the stream has ended")
	default:
	}
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}
	if err := stream.RecvMsg(new(wrapperspb.BytesValue)); !errors.Is(err, io.EOF) {
		t.Errorf("the stream ends with %v", err)
	}
	<-stopped
	if err := <-ends.served; err != nil {
		t.Errorf("Serve returns %v", err)
	}
}

// A client finds a server again which has stopped in the middle of a stream, and now listens on the same address.
func grpcRestart(t *testing.T, s sockets, ends grpcEnds) {
	ctx, c := testContext(t), testpb.NewTestServiceClient(ends.client)
	stream, err := grpcOpenEcho(ctx, ends.client)
	if err != nil {
		t.Fatal(err)
	}
	var m wrapperspb.BytesValue
	if err := stream.SendMsg(&m); err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(&m); err != nil { // a stream that the server does not know yet would be tried again
		t.Fatal(err)
	}
	ends.server.Stop()
	if err := stream.RecvMsg(&m); status.Code(err) != codes.Unavailable {
		t.Errorf("the stream ends with %v", err)
	}
	<-ends.served
	l, err := s.Listen(ends.addr.Network(), ends.addr.String())
	if err != nil {
		t.Fatal(err)
	}
	grpcServe(t, l)
	if err := grpcDo(func() { interop.DoLargeUnaryCall(ctx, c, grpc.WaitForReady(true)) }); err != nil {
		t.Error(err)
	}
}

// grpcDo calls a function that reports faults to gRPC's log.
func grpcDo(f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			fault, ok := p.(grpcFault)
			if !ok {
				panic(p)
			}
			err = fault
		}
	}()
	f()
	return nil
}

// A grpcFault is what a function of package interop logs as fatal.
type grpcFault string

func (f grpcFault) Error() string { return string(f) }

// setGRPCLogger keeps gRPC's log quiet, and from ending the process.
func setGRPCLogger() {
	grpclog.SetLoggerV2(grpcLogger{grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard)})
}

type grpcLogger struct{ grpclog.LoggerV2 }

func (grpcLogger) InfoDepth(int, ...any)             {}
func (grpcLogger) WarningDepth(int, ...any)          {}
func (grpcLogger) ErrorDepth(int, ...any)            {}
func (grpcLogger) FatalDepth(_ int, args ...any)     { panic(grpcFault(fmt.Sprint(args...))) }
func (grpcLogger) Fatal(args ...any)                 { panic(grpcFault(fmt.Sprint(args...))) }
func (grpcLogger) Fatalln(args ...any)               { panic(grpcFault(fmt.Sprint(args...))) }
func (grpcLogger) Fatalf(format string, args ...any) { panic(grpcFault(fmt.Sprintf(format, args...))) }
