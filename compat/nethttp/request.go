package nethttp

import (
	"bytes"
	"sync"
)

// A request is what has arrived of a request: usually all of it, in one chunk.
type request struct {
	head   []byte
	chunk  *chunk // where head is, or nil
	header header // how far head was looked at
}

// chunkSize is how much a parked connection reads at a time. The bufio.Reader of the engine holds as much, so it takes a chunk
// at once.
const chunkSize = 4096

// A chunk is a buffer that is used while a request arrives.
type chunk [chunkSize]byte

var (
	chunks   = sync.Pool{New: func() any { return new(chunk) }}
	requests = sync.Pool{New: func() any { return new(request) }}
)

// add appends the first n bytes of buf, which it takes over.
func (r *request) add(buf *chunk, n int) {
	if r.chunk == nil && len(r.head) == 0 {
		r.chunk, r.head = buf, buf[:n]
		return
	}
	r.compact()
	r.head = append(r.head, buf[:n]...)
	chunks.Put(buf)
}

// compact moves head out of its chunk, so that a request takes little memory while the rest of it is on its way.
func (r *request) compact() {
	if r.chunk != nil {
		buf := r.chunk
		r.chunk, r.head = nil, bytes.Clone(r.head)
		chunks.Put(buf)
	}
}

// read moves bytes of head to b. Once all are, it gives r back, and left is nil.
func (r *request) read(b []byte) (n int, left *request) {
	n = copy(b, r.head)
	if r.head = r.head[n:]; len(r.head) != 0 {
		return n, r
	}
	r.release()
	return n, nil
}

func (r *request) release() {
	if r.chunk != nil {
		chunks.Put(r.chunk)
	}
	*r = request{}
	requests.Put(r)
}
