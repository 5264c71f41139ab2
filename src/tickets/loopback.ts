/** Whether what is sent to an address stays on this machine: then it needs no encryption, and no proxy. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
