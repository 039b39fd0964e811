package tcp_test

// starvedArg makes the test binary run starvedMain: in a process of its own, since it runs out of
// descriptors.
const starvedArg = "-starved"
