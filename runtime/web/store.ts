export interface Store<S, A> {
  state(): S;
  dispatch(action: A): void;
  /** Returns a function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

/** Holds one state and changes it through one pure reducer. */
export function createStore<S, A>(reduce: (state: S, action: A) => S, initial: S): Store<S, A> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    state: () => state,
    dispatch(action) {
      state = reduce(state, action);
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
