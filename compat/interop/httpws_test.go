package interop_test

import (
	"net/http"
	"sync"
	"testing"
)

// The websockets of both libraries take connections over by Hijack.
func TestHTTPWebsockets(t *testing.T) {
	cert := newCertificate(t)
	blocking(t, func(t *testing.T, k httpKind) {
		for _, cert := range []*certificate{nil, &cert} {
			for _, library := range []string{"coder", "gorilla"} {
				ws := k.startWS(t, cert)
				gorillaEchoes(t, gorillaDial(t, ofPackageNet, ws, library, true))
				gorillaPings(t, gorillaDial(t, ofPackageNet, ws, library, true))
				gorillaCloses(t, gorillaDial(t, ofPackageNet, ws, library, true))
				gorillaIsClosed(t, gorillaDial(t, ofPackageNet, ws, library, false))
				coderEchoes(t, coderDial(t, ofPackageNet, ws, library, 0))
				coderFragments(t, coderDial(t, ofPackageNet, ws, library, 0))
				coderPings(t, coderDial(t, ofPackageNet, ws, library, 0))
				coderCloses(t, coderDial(t, ofPackageNet, ws, library, 0))
				coderIsClosed(t, coderDial(t, ofPackageNet, ws, library, 0))
			}
		}
	})
}

// startWS is startWS on a server of this kind.
func (k httpKind) startWS(t *testing.T, cert *certificate) wsServer {
	t.Helper()
	var handlers sync.WaitGroup
	t.Cleanup(handlers.Wait)
	mux := http.NewServeMux()
	for name, echo := range map[string]http.HandlerFunc{"coder": coderEcho, "gorilla": gorillaEcho} {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			handlers.Add(1)
			defer handlers.Done()
			echo(w, r)
		})
	}
	return wsServer{k.serve(t, mux, cert).host, cert}
}
