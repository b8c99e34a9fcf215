// REST v2 with a partition behind it: back-pressure, tenants, credentials.
#include <gmock/gmock.h>

#include "base/hash.h"
#include "gateway/api/tests/api_support.h"
#include "gateway/rest/http_server.h"
#include "gateway/rest/rest_api.h"

namespace baton::rest {
namespace {

using ::testing::HasSubstr;

class RestTest : public gateway::test::ApiTest {
 protected:
  explicit RestTest(partition::PartitionOptions options = {}) : ApiTest(options) {
    api_ = std::make_unique<RestApi>(*gateway_, RestOptions{.dev = true});
  }
  ~RestTest() override { partition_->stop(); }

  /// Serves a request without a socket.
  HttpResponse call(std::string_view method, std::string_view path, std::string_view body = {},
                    std::string_view authorization = {}) {
    std::vector<HttpHeader> headers{{"Content-Type", "application/json"}};
    if (!authorization.empty()) headers.push_back({"Authorization", authorization});
    HttpCore core(HttpSessionOptions{}, loop_.timers(), loop_.now_pointer());
    HttpSession session(core);
    core.serve = [this](const HttpRequest& seen, HttpReply reply) { api_->serve(seen, std::move(reply)); };
    HttpResponse answer;
    bool answered = false;
    // The session takes the request as bytes, as from a client.
    std::string bytes = fmt::format("{} {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n", method, path, body.size());
    for (const HttpHeader& header : headers) bytes += fmt::format("{}: {}\r\n", header.name, header.value);
    session.feed(bytes + "\r\n" + std::string(body));
    std::string out;
    EXPECT_TRUE(run_until([&] {
      session.produce(out, 1U << 20);
      answered = out.find("\r\n\r\n") != std::string::npos;
      return answered;
    })) << path;
    answer.status = static_cast<unsigned>(std::stoul(out.substr(9, 3)));
    answer.body = out.substr(out.find("\r\n\r\n") + 4);
    answer.content_type = out.substr(0, out.find("\r\n\r\n"));
    session.disconnected("done");
    return answer;
  }

  std::unique_ptr<RestApi> api_;
};

class FullRestTest : public RestTest {
 protected:
  FullRestTest()
      : RestTest([] {
          partition::PartitionOptions options;
          options.max_queued = 0;
          return options;
        }()) {}
};

TEST_F(FullRestTest, BackPressureIs503AndResourceExhausted) {
  for (const auto& [path, body] :
       {std::pair{"/v2/process-instances", R"({"processDefinitionId":"p"})"},
        std::pair{"/v2/jobs/activation", R"({"type":"work","timeout":1000,"maxJobsToActivate":1})"}}) {
    const HttpResponse answer = call("POST", path, body);
    EXPECT_EQ(answer.status, 503U) << path;
    EXPECT_THAT(answer.body, HasSubstr(R"("title":"RESOURCE_EXHAUSTED","status":503)")) << path;
    EXPECT_THAT(answer.content_type, HasSubstr("Retry-After: 1")) << path;
  }
  const auto rpc = raw("CreateProcessInstance", creation().SerializeAsString());
  ASSERT_FALSE(rpc);
  EXPECT_EQ(rpc.error().code, Code::kResourceExhausted);
  // What ends work is taken all the same.
  EXPECT_EQ(call("POST", "/v2/jobs/1/completion").status, 404U);
  EXPECT_EQ(call("GET", "/v2/status").status, 204U);
}

/// Two tokens of two tenants.
class TenantTest : public RestTest {
 protected:
  TenantTest() {
    gateway_->set_authenticator(authenticator_);
    for (const char* tenant : {"<default>", "red"}) {
      engine::IdentityChanged token;
      token.kind = engine::IdentityChanged::Kind::kToken;
      token.id = tenant;
      token.tenant = tenant;
      const Sha256 sum = sha256(fmt::format("token of {}", tenant));
      token.secret.assign(reinterpret_cast<const char*>(sum.data()), sum.size());
      authenticator_.apply(token);
    }
  }
  HttpResponse as(const char* tenant, std::string_view method, std::string_view path, std::string_view body = {}) {
    return call(method, path, body, fmt::format("Bearer token of {}", tenant));
  }
  auth::Authenticator authenticator_{loop_, auth::AuthOptions{}};
};

std::string member(const std::string& json, std::string_view name) {
  const std::size_t at = json.find(fmt::format("\"{}\":\"", name));
  return at == std::string::npos
             ? ""
             : json.substr(at + name.size() + 4, json.find('"', at + name.size() + 4) - at - name.size() - 4);
}

const std::string kUserTask =
    R"(<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" )"
    R"(xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="n">)"
    R"(<bpmn:message id="m" name="started"/><bpmn:process id="u" isExecutable="true"><bpmn:startEvent id="s"/>)"
    R"(<bpmn:startEvent id="b"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>)"
    R"(<bpmn:userTask id="t"><bpmn:extensionElements><zeebe:userTask/><zeebe:formDefinition formId="f"/>)"
    R"(</bpmn:extensionElements></bpmn:userTask><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t"/>)"
    R"(<bpmn:sequenceFlow id="f2" sourceRef="b" targetRef="t"/></bpmn:process></bpmn:definitions>)";

TEST_F(TenantTest, WhatBelongsToAnotherTenantIsNotThere) {
  engine::DeployResources deploy;
  deploy.resources.push_back({"p.bpmn", partition::test::one_task()});
  bool deployed = false;
  gateway_->submit_command({{engine::Principal::Kind::kClient, "x"}, "red"}, deploy, {},
                           [&](const engine::ReplyBody& body) { deployed = !std::holds_alternative<Error>(body); });
  ASSERT_TRUE(run_until([&] { return deployed; }));

  EXPECT_EQ(call("GET", "/v2/topology").status, 401U);
  EXPECT_EQ(as("<default>", "POST", "/v2/process-instances", R"({"processDefinitionId":"p"})").status, 404U);
  const HttpResponse created =
      as("red", "POST", "/v2/process-instances", R"({"processDefinitionId":"p","variables":{"a":1}})");
  ASSERT_EQ(created.status, 200U) << created.body;
  EXPECT_THAT(created.body, HasSubstr(R"("tenantId":"red")"));
  const std::string key = member(created.body, "processInstanceKey");
  const std::string definition = member(created.body, "processDefinitionKey");
  const std::string activate = R"({"type":"work","timeout":60000,"maxJobsToActivate":5,"requestTimeout":-1})";
  EXPECT_EQ(as("<default>", "POST", "/v2/jobs/activation", activate).body, R"({"jobs":[]})");
  const HttpResponse jobs = as("red", "POST", "/v2/jobs/activation", activate);
  const std::string job = member(jobs.body, "jobKey");
  ASSERT_FALSE(job.empty()) << jobs.body;

  const auto none = [&](std::string_view method, const std::string& path, std::string_view body = {}) {
    const HttpResponse foreign = as("<default>", method, path, body);
    EXPECT_EQ(foreign.status, 404U) << path << foreign.body;
    return foreign.body;
  };
  none("GET", "/v2/process-instances/" + key);
  none("GET", "/v2/element-instances/" + key);
  none("GET", "/v2/process-definitions/" + definition);
  none("GET", "/v2/process-definitions/" + definition + "/xml");
  none("GET", "/v2/resources/" + definition);
  none("POST", "/v2/jobs/" + job + "/completion");
  none("POST", "/v2/jobs/" + job + "/failure");
  none("PATCH", "/v2/jobs/" + job, R"({"changeset":{"retries":1}})");
  none("PUT", "/v2/element-instances/" + key + "/variables", R"({"variables":{}})");
  const std::string foreign = none("POST", "/v2/process-instances/" + key + "/cancellation");
  const std::string nowhere = none("POST", "/v2/process-instances/77/cancellation");
  EXPECT_EQ(foreign.substr(0, foreign.find("key")), nowhere.substr(0, nowhere.find("key")))
      << "not yours looks like not there";
  EXPECT_EQ(as("red", "POST", "/v2/process-instances", R"({"processDefinitionId":"p","tenantId":"<default>"})").status,
            403U);
  EXPECT_EQ(as("red", "GET", "/v2/process-instances/" + key).status, 200U);
  EXPECT_EQ(as("red", "POST", "/v2/jobs/" + job + "/completion").status, 204U);
  EXPECT_EQ(as("red", "GET", "/v2/process-instances/" + key).status, 404U) << "over";

  const auto none_of_people = [&](const std::string& task, const std::string& form) {
    none("GET", "/v2/user-tasks/" + task);
    none("GET", "/v2/user-tasks/" + task + "/form");
    none("PATCH", "/v2/user-tasks/" + task, R"({"action":"x"})");
    none("POST", "/v2/user-tasks/" + task + "/assignment", R"({"assignee":"eve"})");
    none("DELETE", "/v2/user-tasks/" + task + "/assignee");
    none("POST", "/v2/user-tasks/" + task + "/completion");
    none("GET", "/v2/forms/" + form);
    none("POST", "/v2/resources/" + form + "/deletion");
    EXPECT_THAT(as("<default>", "GET", "/baton/user-tasks").body, HasSubstr(R"("items":[])"));
    EXPECT_THAT(as("red", "GET", "/baton/user-tasks").body, HasSubstr(task));
    EXPECT_EQ(as("red", "GET", "/v2/user-tasks/" + task + "/form").status, 200U);
  };
  deploy.resources = {{"u.bpmn", kUserTask}, {"f.form", R"({"id":"f"})"}};
  std::string form;
  gateway_->submit_command({{engine::Principal::Kind::kClient, "x"}, "red"}, deploy, {},
                           [&](const engine::ReplyBody& body) {
                             const auto* reply = std::get_if<engine::DeployReply>(&body);
                             form = reply == nullptr ? "refused" : std::to_string(reply->forms.at(0).key.value());
                           });
  ASSERT_TRUE(run_until([&] { return !form.empty(); }));
  ASSERT_EQ(as("red", "POST", "/v2/process-instances", R"({"processDefinitionId":"u"})").status, 200U);
  none_of_people(member(as("red", "GET", "/baton/user-tasks").body, "userTaskKey"), form);
  none("POST", "/v2/messages/correlation", R"({"name":"started","correlationKey":""})");

  // Clients cannot make themselves at home.
  EXPECT_EQ(as("red", "POST", "/v2/users", R"({"username":"eve","password":"12345678"})").status, 403U);
  EXPECT_EQ(as("red", "POST", "/baton/tokens", R"({"clientId":"eve"})").status, 403U);
}

}  // namespace
}  // namespace baton::rest
