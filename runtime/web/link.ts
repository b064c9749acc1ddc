/**
 * The address to link to, in its normal form (a host in Punycode, so that look-alikes are seen), or undefined when it
 * must stay text: only absolute http, https and mailto addresses are links.
 */
export function safeLink(address: string): string | undefined {
  const url = URL.parse(address.trim());
  if (url === null || !["http:", "https:", "mailto:"].includes(url.protocol)) return undefined;
  return url.href;
}
