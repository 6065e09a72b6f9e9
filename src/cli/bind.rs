//! Opens the ports of the server: all addresses that an argument stands for.

use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, lookup_host};

use super::{Failure, warn};

/// How often a free port is looked for that is free at all addresses of a name.
const TRIES: usize = 16;

/// Opens all addresses of all arguments, in their order. A name such as `localhost` stands for all its
/// addresses, as far as this machine has them. With port 0 the addresses of a name get the same free port.
pub(super) async fn bind_all(listens: &[String]) -> Result<Vec<TcpListener>, Failure> {
    let mut all = Vec::new();
    for listen in listens {
        all.extend(bind(listen).await.map_err(|err| refusal(listen, &err))?);
    }
    Ok(all)
}

/// The address of a listener.
pub(super) fn address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|err| Failure::failed(format!("no address: {err}")))
}

async fn bind(listen: &str) -> Result<Vec<TcpListener>, Error> {
    let mut addresses: Vec<SocketAddr> = lookup_host(listen).await?.collect();
    // A client that is told `127.0.0.1` has to find the server there, whatever the resolver prefers.
    addresses.sort_by_key(SocketAddr::is_ipv6);
    addresses.dedup();
    let mut problem = None;
    for _ in 0..TRIES {
        match bind_each(&addresses).await {
            Ok(listeners) => return Ok(listeners),
            // Only a port that the system has chosen can be free at the next try.
            Err(err)
                if err.kind() == ErrorKind::AddrInUse
                    && addresses.iter().all(|it| it.port() == 0) =>
            {
                problem = Some(err);
            }
            Err(err) => return without_ipv6(&addresses, err).await,
        }
    }
    Err(problem.unwrap_or_else(|| ErrorKind::AddrNotAvailable.into()))
}

/// Opens these addresses at one port. Addresses that this machine does not have are left out, unless there
/// is no other.
async fn bind_each(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, Error> {
    let mut listeners = Vec::<TcpListener>::new();
    let mut missing = None;
    for address in addresses {
        let mut address = *address;
        if let Some(first) = listeners.first()
            && address.port() == 0
        {
            address.set_port(first.local_addr()?.port());
        }
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(err) if is_missing(&err) => missing = Some(err),
            Err(err) => return Err(err),
        }
    }
    match missing {
        Some(err) if listeners.is_empty() => Err(err),
        _ if listeners.is_empty() => Err(ErrorKind::AddrNotAvailable.into()),
        _ => Ok(listeners),
    }
}

/// The error of Linux for a kind of addresses that the machine does not have; `ErrorKind` has no word for it.
const EAFNOSUPPORT: i32 = 97;

/// Whether this machine has no such address, or no such kind of addresses.
fn is_missing(err: &Error) -> bool {
    err.kind() == ErrorKind::AddrNotAvailable || err.raw_os_error() == Some(EAFNOSUPPORT)
}

/// All addresses of a machine without IPv6: `[::]` is the setting of the image, which also has to run there.
async fn without_ipv6(addresses: &[SocketAddr], err: Error) -> Result<Vec<TcpListener>, Error> {
    match addresses {
        [address] if address.ip().is_unspecified() && address.is_ipv6() && is_missing(&err) => {
            warn("this machine has no IPv6; listening on all its IPv4 addresses instead");
            let all = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port());
            Ok(vec![TcpListener::bind(all).await?])
        }
        _ => Err(err),
    }
}

fn refusal(listen: &str, err: &Error) -> Failure {
    let hint = match err.kind() {
        ErrorKind::AddrInUse => {
            "the port is taken; choose another with --listen 127.0.0.1:PORT (0 takes a free one)"
                .to_owned()
        }
        _ => err.to_string(),
    };
    Failure::usage(format!("cannot listen on {listen}: {hint}"))
}
