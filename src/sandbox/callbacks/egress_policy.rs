//! The egress policy: callbacks go only to loopback and private addresses and to hosts of the allow-list;
//! never to a real host of a provider (`forbidden_hosts`), never back to this server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, PoisonError, RwLock};

use url::{Host, Url};

use crate::sandbox::Options;
use crate::sandbox::policy::Policy;
use crate::sandbox::state::outbox::Message;

/// The addresses on which the server itself listens; all clones share one list.
#[derive(Clone, Debug, Default)]
pub struct OwnAddresses(Arc<RwLock<Vec<SocketAddr>>>);

impl OwnAddresses {
    /// Adds an address on which the server listens.
    pub fn add(&self, address: SocketAddr) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(address);
    }

    /// Whether a connection to `target` would reach this server itself.
    fn leads_back(&self, target: SocketAddr) -> bool {
        let own = self.0.read().unwrap_or_else(PoisonError::into_inner);
        own.iter().any(|own| {
            let (own_ip, ip) = (own.ip().to_canonical(), target.ip());
            own.port() == target.port()
                && (own_ip == ip || own_ip.is_unspecified() && is_this_machine(ip))
        })
    }
}

/// Whether an address belongs to this machine. The test is a UDP bind, which succeeds only for local
/// addresses.
fn is_this_machine(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

/// The addresses that a delivery may connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The host name that stands for `addresses`; `None` when the URL contains an IP address.
    pub(super) name: Option<String>,
    /// The addresses to try, in this order; all of them are allowed by the policy. Never empty.
    pub(super) addresses: Vec<SocketAddr>,
    /// Whether the allow-list contains the host, so that its TLS certificate has to be valid.
    pub(super) listed: bool,
}

/// The route to the receiver of a message. The error is a sentence for the user that says why nothing is
/// sent.
pub(super) async fn route(
    options: &Options,
    policy: &Policy,
    message: &Message,
) -> Result<Route, String> {
    let url = Url::parse(&message.url).map_err(|err| format!("not sent: not a URL ({err})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("not sent: `{}` is neither http nor https", url.scheme()));
    }
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err("not sent: the URL names no host".to_owned());
    };
    let public = options.public_url.as_ref().and_then(|public| Url::parse(public).ok());
    if public.is_some_and(|public| public.origin() == url.origin()) {
        return Err("not sent: it would come back to this server".to_owned());
    }
    let text = host.to_string();
    let plain = text.trim_end_matches('.');
    if (policy.forbidden_hosts)().iter().any(|forbidden| is_within(plain, forbidden)) {
        return Err(format!("not sent: {plain} is a payment provider's real host"));
    }
    let (name, found) = match &host {
        Host::Domain(name) => (Some((*name).to_owned()), resolve(name, port).await?),
        Host::Ipv4(ip) => (None, vec![SocketAddr::from((*ip, port))]),
        Host::Ipv6(ip) => (None, vec![SocketAddr::from((*ip, port))]),
    };
    let listed = options.callback_allow.iter().any(|entry| names(entry, plain));
    let addresses = allowed(options, &found, listed)?;
    Ok(Route { name, addresses, listed })
}

/// Resolves a name with the resolver of the C library, which reads `/etc/hosts` and the name servers of
/// `/etc/resolv.conf` (the static binary too: files and DNS are built into glibc since 2.34). Nothing is
/// cached, because a restarted container has another address under the same name.
async fn resolve(name: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    if is_within(name.trim_end_matches('.'), "localhost") {
        return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
    }
    // RFC 6761 section 6.4: such a name has no address, so no name server is asked.
    if is_within(name.trim_end_matches('.'), "invalid") {
        return Err(format!("{name} cannot be resolved: no name below .invalid has an address"));
    }
    let found = tokio::net::lookup_host((name, port));
    Ok(found.await.map_err(|err| format!("{name} cannot be resolved: {err}"))?.collect())
}

/// The addresses that may be connected to. An error when none is allowed, or when any of them leads back to
/// this server.
fn allowed(
    options: &Options,
    found: &[SocketAddr],
    listed: bool,
) -> Result<Vec<SocketAddr>, String> {
    let canonical: Vec<SocketAddr> =
        found.iter().map(|it| SocketAddr::new(it.ip().to_canonical(), it.port())).collect();
    // `localhost` stands for two addresses, and the server may listen on only one of them.
    if canonical.iter().any(|address| options.own_addresses.leads_back(*address)) {
        return Err("not sent: it would come back to this server".to_owned());
    }
    let mut problem = "not sent: the name has no address".to_owned();
    let addresses: Vec<SocketAddr> = canonical
        .into_iter()
        .filter(|address| {
            let ip = address.ip();
            let why = if ip.is_unspecified() {
                "is no address to send to"
            } else if is_metadata(ip) {
                "belongs to the metadata service of a cloud, which hands out secrets"
            } else if !listed && !is_private(ip) {
                "is neither loopback nor private; allow its host to be called"
            } else {
                return true;
            };
            problem = format!("not sent: {ip} {why}");
            false
        })
        .collect();
    if addresses.is_empty() { Err(problem) } else { Ok(addresses) }
}

/// Whether an address is loopback or private. Link-local addresses are excluded: cloud providers serve the
/// credentials of a machine there (169.254.169.254).
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    }
}

/// Networks in which clouds have services that hand out secrets to every caller of a machine: link-local
/// (AWS, Azure, GCP and others), AWS and GCP over IPv6, Alibaba, Azure's host, Oracle. No allow-list opens
/// them.
const METADATA: [(IpAddr, u32); 7] = [
    (IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    (IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10),
    (IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0)), 32),
    (IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0)), 32),
    (IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), 32),
    (IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)), 32),
    (IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)), 32),
];

fn is_metadata(ip: IpAddr) -> bool {
    METADATA.iter().any(|(network, bits)| match (network, ip) {
        (IpAddr::V4(network), IpAddr::V4(ip)) => {
            (network.to_bits() ^ ip.to_bits()) >> (32 - bits) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(ip)) => {
            (network.to_bits() ^ ip.to_bits()) >> (128 - bits) == 0
        }
        _ => false,
    })
}

/// Whether a host is the domain or a subdomain of it, without regard to upper and lower case.
fn is_within(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_ascii_lowercase(), domain.to_ascii_lowercase());
    host.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether an entry of the allow-list covers a host. An entry is `*` (all hosts), a host, or `*.domain` (all
/// subdomains, without the domain itself).
fn names(entry: &str, host: &str) -> bool {
    match entry.strip_prefix("*.") {
        Some(domain) => !host.eq_ignore_ascii_case(domain) && is_within(host, domain),
        None => entry == "*" || entry.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_names_a_host_or_all_below_a_domain() {
        for (entry, host, expected) in [
            ("example.com", "Example.com", true),
            ("example.com", "a.example.com", false),
            ("*.example.com", "a.example.com", true),
            ("*.Example.com", "a.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "badexample.com", false),
            ("*", "anything", true),
            ("203.0.113.9", "203.0.113.9", true),
        ] {
            assert_eq!(names(entry, host), expected, "{entry} {host}");
        }
    }

    #[tokio::test]
    async fn localhost_and_all_below_it_need_no_resolver() {
        let expected: [SocketAddr; 2] =
            ["127.0.0.1:80".parse().unwrap(), "[::1]:80".parse().unwrap()];
        for name in ["localhost", "LOCALHOST", "localhost.", "shop.localhost"] {
            assert_eq!(resolve(name, 80).await.unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn a_listed_host_may_be_anywhere_but_here() {
        let options = Options::default();
        let own: SocketAddr = "0.0.0.0:8080".parse().unwrap();
        options.own_addresses.add(own);
        let check = |address: &str, listed: bool, expected: bool| {
            let found = [address.parse().unwrap()];
            assert_eq!(allowed(&options, &found, listed).is_ok(), expected, "{address} {listed}");
        };
        check("203.0.113.9:80", false, false);
        check("203.0.113.9:80", true, true);
        check("10.1.2.3:80", false, true);
        check("[fd00::1]:80", false, true);
        check("127.0.0.1:8081", false, true);
        check("127.0.0.1:8080", true, false);
        check("[::ffff:127.0.0.1]:8080", true, false);
        for never in [
            "0.0.0.0:8080",
            "0.0.0.0:9",
            "[::]:9",
            "[::ffff:0.0.0.0]:9",
            "169.254.169.254:80",
            "[::ffff:169.254.169.254]:80",
            "[fe80::1]:80",
            "[fd00:ec2::254]:80",
            "[fd20:ce::254]:80",
            "100.100.100.200:80",
            "168.63.129.16:80",
            "192.0.0.192:80",
        ] {
            check(never, true, false);
            check(never, false, false);
        }
        check("[fd00:ec3::254]:80", false, true);
        check("168.63.129.17:80", true, true);
    }
}
