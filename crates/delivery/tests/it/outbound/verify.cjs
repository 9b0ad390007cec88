// Verifies messages with the official libraries of npm, and with OpenSSL where those have no ed25519.
// Reads [{ library, key, headers, body }] as JSON, writes [{ accepted, why }].

const crypto = require("node:crypto");

const verifiers = {
  standardwebhooks: ({ key, headers, body }) => new (require("standardwebhooks").Webhook)(key).verify(body, headers),
  svix: ({ key, headers, body }) => new (require("svix").Webhook)(key).verify(body, headers),
  ed25519: ({ key, headers, body }) => {
    const x = Buffer.from(key.replace(/^whpk_/, ""), "base64").toString("base64url");
    const publicKey = crypto.createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    const content = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
    const signatures = headers["webhook-signature"].split(" ").filter((text) => text.startsWith("v1a,"));
    if (!signatures.some((text) => crypto.verify(null, content, publicKey, Buffer.from(text.slice(4), "base64")))) {
      throw new Error("No matching signature found");
    }
  },
};

const messages = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const outcomes = messages.map((message) => {
  try {
    verifiers[message.library](message);
    return { accepted: true, why: "" };
  } catch (error) {
    return { accepted: false, why: `${error.name}: ${error.message}` };
  }
});
process.stdout.write(JSON.stringify(outcomes));
