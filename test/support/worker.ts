/** The least Worker: the tests of this project need workerd and its bindings, not a route. */
export default {
  fetch: () => new Response("no route"),
};
