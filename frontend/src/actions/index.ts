export type { Action, ActionContext, Surroundings, View } from "./action";
export { action, ACTIONS } from "./actions";
export { useActionKeys } from "./useActionKeys";
