const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a host name of a `URL` is the loopback interface: `localhost`, 127.0.0.1 or [::1]. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK_HOSTS.has(hostname)
}

/** Whether a URL is https, or http to the loopback interface. */
export function isSecureUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
}

/** Whether a URL contains a user name or a password. */
export function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== ''
}
