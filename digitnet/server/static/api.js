/** Requests to the server. */

/** The server has rejected a request; the message is one line. */
export class Refused extends Error {}

/**
 * Send a request to the server.
 * @param {string} path
 * @param {BodyInit} [body] if given, the request is a POST
 * @returns {Promise<any>} the JSON reply
 */
export async function ask(path, body) {
  let reply;
  try {
    reply = await fetch(path, body === undefined ? {} : { method: "POST", body });
  } catch {
    throw new Refused("The server does not respond: start `digitnet draw` again.");
  }
  const told = await reply.json();
  if (!reply.ok) throw new Refused(told.error);
  return told;
}

/** Append a query to a path, without parameters that are null. */
export function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== null);
  return `${path}?${new URLSearchParams(given)}`;
}
