/** Requests to the server. */

/** The server has rejected a request, or has not answered it; the message is one line. */
export class Refused extends Error {}

/**
 * Send a request to the server.
 * @param {string} path
 * @param {BodyInit} [body] if given, the request is a POST
 * @returns {Promise<any>} the JSON reply
 */
export async function ask(path, body) {
  let reply;
  let told = null;
  try {
    reply = await fetch(path, body === undefined ? {} : { method: "POST", body });
  } catch {
    throw new Refused("The server does not respond: start `digitnet draw` again.");
  }
  try {
    told = await reply.json();
  } catch {
    // Not from `digitnet draw`: the error page of a proxy, or an interrupted reply.
  }
  if (reply.ok && told) return told;
  throw new Refused(told?.error ?? `Invalid reply with status ${reply.status}: check what is between the browser and digitnet.`);
}

/** Append a query to a path, without parameters that are null. */
export function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== null);
  return `${path}?${new URLSearchParams(given)}`;
}
