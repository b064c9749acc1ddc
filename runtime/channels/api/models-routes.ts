/** `GET /v1/models`: the one model that answers (platform.openai.com/docs/api-reference/models). */
import { Hono } from "hono";
import type { HttpEnv, Require } from "../../http/access.ts";
import type { ChosenModel } from "../../models/chosen-model.ts";
import { Problem } from "../../problems.ts";

export function modelsRoutes(chosenModel: ChosenModel, require: Require): Hono<HttpEnv> {
  async function served() {
    const { info } = await chosenModel.current();
    return { id: info.name, object: "model", created: 0, owned_by: info.provider };
  }

  return new Hono<HttpEnv>()
    .get("/models", require("person"), async (c) => c.json({ object: "list", data: [await served()] }))
    // A model's name may hold slashes.
    .get("/models/:id{.+}", require("person"), async (c) => {
      const model = await served();
      if (c.req.param("id") !== model.id) throw new Problem("unknown_model", { detail: `got "${c.req.param("id").slice(0, 80)}", there is "${model.id}"` });
      return c.json(model);
    });
}
