//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package sys

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// Errno is an error number of the system; 0 is none.
type Errno uintptr

// EAGAIN and the others are different numbers without a meaning.
const (
	EAGAIN Errno = 1 + iota
	EINPROGRESS
	ENOTCONN
	unsupported
)

const (
	ShortIODrains    = false
	OptionsInherited = false
	ReusePortSpreads = false
	ReusePortLate    = false
)

// Error returns the same text for every number.
func (Errno) Error() string { return errors.ErrUnsupported.Error() }

// Is makes every Errno equal to errors.ErrUnsupported.
func (Errno) Is(target error) bool { return target == errors.ErrUnsupported }

func Socket(Family) (int, error)                    { return -1, errors.ErrUnsupported }
func Close(int) error                               { return errors.ErrUnsupported }
func Bind(int, Family, Endpoint) error              { return errors.ErrUnsupported }
func Listen(int, int) error                         { return errors.ErrUnsupported }
func Connect(int, Family, Endpoint) Errno           { return unsupported }
func Connected(int) Errno                           { return unsupported }
func Accept(int) (int, Endpoint, Errno)             { return -1, Endpoint{}, unsupported }
func Read(int, []byte) (int, Errno)                 { return 0, unsupported }
func Write(int, []byte) (int, Errno)                { return 0, unsupported }
func SetNonblock(int) error                         { return errors.ErrUnsupported }
func ShutdownRead(int) error                        { return errors.ErrUnsupported }
func ShutdownWrite(int) error                       { return errors.ErrUnsupported }
func Local(int) (Endpoint, error)                   { return Endpoint{}, errors.ErrUnsupported }
func AcceptAgain(Errno) bool                        { return false }
func Exhausted(Errno) bool                          { return false }
func NoRoom(error) bool                             { return false }
func NoFamily(error) bool                           { return false }
func MaxBacklog() int                               { return 0 }
func SetLatePort(int)                               {}
func SetReuseAddr(int) error                        { return errors.ErrUnsupported }
func SetReusePort(int) error                        { return errors.ErrUnsupported }
func SetV6Only(int, bool) error                     { return errors.ErrUnsupported }
func SetNoDelay(int, bool) error                    { return errors.ErrUnsupported }
func SetLinger(int, int) error                      { return errors.ErrUnsupported }
func SetReadBuffer(int, int) error                  { return errors.ErrUnsupported }
func SetWriteBuffer(int, int) error                 { return errors.ErrUnsupported }
func SetKeepAlive(int, bool) error                  { return errors.ErrUnsupported }
func SetKeepAliveIdle(int, time.Duration) error     { return errors.ErrUnsupported }
func SetKeepAliveInterval(int, time.Duration) error { return errors.ErrUnsupported }
func SetKeepAliveCount(int, int) error              { return errors.ErrUnsupported }

func DatagramSocket(Family) (int, error) { return -1, errors.ErrUnsupported }
func Peer(int) (Endpoint, error)         { return Endpoint{}, errors.ErrUnsupported }
func RecvFrom(int, []byte, bool) (int, bool, Endpoint, Errno) {
	return 0, false, Endpoint{}, unsupported
}
func SendTo(int, []byte, Family, Endpoint) Errno              { return unsupported }
func Send(int, []byte) Errno                                  { return unsupported }
func SetBroadcast(int, bool) error                            { return errors.ErrUnsupported }
func SetTTL(int, Family, int) error                           { return errors.ErrUnsupported }
func SetTOS(int, Family, int) error                           { return errors.ErrUnsupported }
func SetMulticastTTL(int, Family, int) error                  { return errors.ErrUnsupported }
func SetMulticastLoopback(int, Family, bool) error            { return errors.ErrUnsupported }
func SetMulticastInterface(int, Family, *net.Interface) error { return errors.ErrUnsupported }
func JoinGroup(int, netip.Addr, *net.Interface) error         { return errors.ErrUnsupported }
func LeaveGroup(int, netip.Addr, *net.Interface) error        { return errors.ErrUnsupported }

// A Batch moves nothing.
type Batch struct{}

func (*Batch) Room(int, []byte)                        {}
func (*Batch) Message(int, []byte)                     {}
func (*Batch) MessageTo(int, []byte, Family, Endpoint) {}
func (*Batch) Recv(int, int) (int, Errno)              { return 0, unsupported }
func (*Batch) Received(int) (int, bool, Endpoint)      { return 0, false, Endpoint{} }
func (*Batch) Send(int, int) (int, Errno)              { return 0, unsupported }
func (*Batch) Clear(int)                               {}

const (
	RoomUnreported = false
	Abstract       = false
	maxPath        = 107
)

func ReceiverFull(Errno) bool                                    { return false }
func LocalSocket(Kind) (int, error)                              { return -1, errors.ErrUnsupported }
func LocalPair(Kind) (int, int, error)                           { return -1, -1, errors.ErrUnsupported }
func BindLocal(int, string) error                                { return errors.ErrUnsupported }
func ConnectLocal(int, string) Errno                             { return unsupported }
func LocalName(int) (string, error)                              { return "", errors.ErrUnsupported }
func PeerName(int) (string, error)                               { return "", errors.ErrUnsupported }
func Unlink(string) error                                        { return errors.ErrUnsupported }
func RecvLocal(int, []byte, []int, bool, *Name) (Message, Errno) { return Message{}, unsupported }
func SendLocal(int, []byte, []int, string) (int, Errno)          { return 0, unsupported }
func PeerCredentials(int) (Credentials, error)                   { return Credentials{}, errors.ErrUnsupported }

func Readv(int, [][]byte) (int, int, Errno)  { return 0, 0, unsupported }
func Writev(int, [][]byte) (int, int, Errno) { return 0, 0, unsupported }
