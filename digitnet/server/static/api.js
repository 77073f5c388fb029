/** Requests to the server that the page comes from. */

/** An answer of the server that is no answer: its one line. */
export class Refused extends Error {}

/**
 * Ask the server.
 * @param {string} path
 * @param {BodyInit} [body] a POST where there is one
 * @returns {Promise<any>} the JSON of the answer
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

/** A path with its query, without what is null. */
export function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== null);
  return `${path}?${new URLSearchParams(given)}`;
}
