package interop_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A wsServer echoes messages, below a path for each library. The text message "close with N" ends a connection with
// the code N and the reason wsReason.
type wsServer struct {
	host string // of its URL
	cert *certificate
}

const wsReason = "as you say"

// wsSizes are lengths at which the form of a frame changes, and beyond the buffers of the system.
var wsSizes = []int{0, 1, 125, 126, 127, 4096, 65535, 65536, 1<<20 + 1}

// startWS serves until the end of the test, which then waits for all handlers: HTTP does not know of connections that
// have become websockets.
func startWS(t *testing.T, s sockets, cert *certificate) wsServer {
	t.Helper()
	var handlers sync.WaitGroup
	t.Cleanup(handlers.Wait) // after the clean-up of serveHTTP, which lets no further one begin
	mux := http.NewServeMux()
	for name, echo := range map[string]http.HandlerFunc{"coder": coderEcho, "gorilla": gorillaEcho} {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			handlers.Add(1)
			defer handlers.Done()
			echo(w, r)
		})
	}
	return wsServer{serveHTTP(t, s.listen(t), mux, cert), cert}
}

// url returns the URL of the echo of one library.
func (s wsServer) url(library string) string {
	if s.cert != nil {
		return "wss://" + s.host + "/" + library
	}
	return "ws://" + s.host + "/" + library
}

// wsClose returns the text that makes the server close with a code.
func wsClose(code int) string { return fmt.Sprint("close with ", code) }

// wsCode returns the code of such a text, or 0.
func wsCode(text string) int {
	digits, ok := strings.CutPrefix(text, "close with ")
	if !ok {
		return 0
	}
	code, _ := strconv.Atoi(digits)
	return code
}
