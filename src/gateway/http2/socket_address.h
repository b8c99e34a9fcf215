// Socket addresses as text. Internal to the module.
#pragma once

#include <string>

struct sockaddr_storage;

namespace baton::http2 {

/// "address:port" ("[address]:port" for IPv6) of the other side of a connected socket, "unknown" if it has none.
std::string peer_of(int fd);
/// The numeric address without the port.
std::string address_text(const sockaddr_storage& address);
/// The port in host order, 0 for other families.
int port_of(const sockaddr_storage& address);

}  // namespace baton::http2
