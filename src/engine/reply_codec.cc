#include "engine/reply_codec.h"

#include "base/bytes.h"

namespace baton::engine {

namespace {

// The first byte of the bytes; append only.
enum class Tag : std::uint8_t {
  kEmpty = 1,
  kDeploy = 2,
  kCreate = 3,
  kSetVariables = 4,
  kPublish = 5,
  kSignal = 6,
  kDelete = 7,
  kCorrelate = 8
};

struct Encoder {
  ByteWriter& out;

  void key(Key key) const { out.u64(key.value()); }
  void tag(Tag tag) const { out.u8(static_cast<std::uint8_t>(tag)); }

  void operator()(const EmptyReply&) const { tag(Tag::kEmpty); }
  void operator()(const DeployReply& reply) const {
    tag(Tag::kDeploy);
    key(reply.key);
    out.bytes(reply.tenant);
    out.varint(reply.processes.size());
    for (const DeployedProcess& process : reply.processes) {
      out.bytes(process.process_id);
      out.svarint(process.version.value());
      key(process.key);
      out.bytes(process.resource_name);
    }
    out.varint(reply.decisions.size());
    for (const DeployedDecision& decision : reply.decisions) {
      out.bytes(decision.decision_id);
      out.bytes(decision.name);
      out.svarint(decision.version.value());
      key(decision.key);
      out.bytes(decision.requirements_id);
      key(decision.requirements);
    }
    out.varint(reply.requirements.size());
    for (const DeployedRequirements& requirements : reply.requirements) {
      out.bytes(requirements.requirements_id);
      out.bytes(requirements.name);
      out.svarint(requirements.version.value());
      key(requirements.key);
      out.bytes(requirements.resource_name);
    }
    out.varint(reply.forms.size());
    for (const DeployedForm& form : reply.forms) {
      out.bytes(form.form_id);
      out.svarint(form.version.value());
      key(form.key);
      out.bytes(form.resource_name);
    }
  }
  void operator()(const DeleteReply& reply) const {
    tag(Tag::kDelete);
    key(reply.resource);
  }
  void operator()(const CreateReply& reply) const {
    tag(Tag::kCreate);
    key(reply.definition);
    out.bytes(reply.process_id);
    out.svarint(reply.version.value());
    key(reply.instance);
    out.bytes(reply.tenant);
    out.varint(reply.tags.size());
    for (const std::string& text : reply.tags) out.bytes(text);
    out.bytes(reply.business_id);
  }
  void operator()(const SetVariablesReply& reply) const {
    tag(Tag::kSetVariables);
    key(reply.key);
  }
  void operator()(const PublishReply& reply) const {
    tag(Tag::kPublish);
    key(reply.key);
    out.bytes(reply.tenant);
  }
  void operator()(const SignalReply& reply) const {
    tag(Tag::kSignal);
    key(reply.key);
    out.bytes(reply.tenant);
  }
  void operator()(const CorrelateReply& reply) const {
    tag(Tag::kCorrelate);
    key(reply.message);
    key(reply.instance);
    out.bytes(reply.tenant);
  }
  template <typename Other>
  void operator()(const Other&) const {}
};

DeployReply read_deploy(ByteReader& in) {
  DeployReply reply;
  reply.key = Key(in.u64());
  reply.tenant = std::string(in.bytes());
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    DeployedProcess& process = reply.processes.emplace_back();
    process.process_id = std::string(in.bytes());
    process.version = Version(static_cast<std::int32_t>(in.svarint()));
    process.key = Key(in.u64());
    process.resource_name = std::string(in.bytes());
  }
  const std::uint64_t decisions = in.varint();
  for (std::uint64_t i = 0; i < decisions && in.ok(); ++i) {
    DeployedDecision& decision = reply.decisions.emplace_back();
    decision.decision_id = std::string(in.bytes());
    decision.name = std::string(in.bytes());
    decision.version = Version(static_cast<std::int32_t>(in.svarint()));
    decision.key = Key(in.u64());
    decision.requirements_id = std::string(in.bytes());
    decision.requirements = Key(in.u64());
  }
  const std::uint64_t graphs = in.varint();
  for (std::uint64_t i = 0; i < graphs && in.ok(); ++i) {
    DeployedRequirements& requirements = reply.requirements.emplace_back();
    requirements.requirements_id = std::string(in.bytes());
    requirements.name = std::string(in.bytes());
    requirements.version = Version(static_cast<std::int32_t>(in.svarint()));
    requirements.key = Key(in.u64());
    requirements.resource_name = std::string(in.bytes());
  }
  const std::uint64_t forms = in.varint();
  for (std::uint64_t i = 0; i < forms && in.ok(); ++i) {
    DeployedForm& form = reply.forms.emplace_back();
    form.form_id = std::string(in.bytes());
    form.version = Version(static_cast<std::int32_t>(in.svarint()));
    form.key = Key(in.u64());
    form.resource_name = std::string(in.bytes());
  }
  return reply;
}

CreateReply read_create(ByteReader& in) {
  CreateReply reply;
  reply.definition = Key(in.u64());
  reply.process_id = std::string(in.bytes());
  reply.version = Version(static_cast<std::int32_t>(in.svarint()));
  reply.instance = Key(in.u64());
  reply.tenant = std::string(in.bytes());
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) reply.tags.emplace_back(in.bytes());
  reply.business_id = std::string(in.bytes());
  return reply;
}

template <typename Reply>
Reply read_keyed(ByteReader& in) {
  Reply reply;
  reply.key = Key(in.u64());
  reply.tenant = std::string(in.bytes());
  return reply;
}

}  // namespace

std::string encode_reply(const ReplyBody& reply) {
  std::string bytes;
  ByteWriter out(bytes);
  std::visit(Encoder{out}, reply);
  return bytes;
}

Result<ReplyBody> decode_reply(std::string_view bytes) {
  ByteReader in(bytes);
  ReplyBody reply;
  switch (static_cast<Tag>(in.u8())) {
    case Tag::kEmpty:
      break;
    case Tag::kDeploy:
      reply = read_deploy(in);
      break;
    case Tag::kCreate:
      reply = read_create(in);
      break;
    case Tag::kSetVariables:
      reply = SetVariablesReply{Key(in.u64())};
      break;
    case Tag::kDelete:
      reply = DeleteReply{Key(in.u64())};
      break;
    case Tag::kPublish:
      reply = read_keyed<PublishReply>(in);
      break;
    case Tag::kSignal:
      reply = read_keyed<SignalReply>(in);
      break;
    case Tag::kCorrelate: {
      CorrelateReply correlated{Key(in.u64()), Key(in.u64()), {}};
      correlated.tenant = std::string(in.bytes());
      reply = std::move(correlated);
      break;
    }
    default:
      in.invalidate();
  }
  if (!in.ok() || !in.at_end()) return fail(Code::kDataLoss, "a remembered answer cannot be read");
  return reply;
}

}  // namespace baton::engine
