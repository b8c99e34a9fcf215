// Requests against the API description: what is named, and in which words.
#include "gateway/rest/validation.h"

#include <gmock/gmock.h>

#include "gateway/rest/multipart.h"
#include "gateway/rest/rest_api.h"
#include "gateway/rest/router.h"

namespace baton::rest {
namespace {

const openapi::Operation& operation(std::string_view id) {
  for (const auto& found : openapi::kOperations) {
    if (found.id == id) return found;
  }
  ADD_FAILURE() << id << " is not described";
  return openapi::kOperations.front();
}

std::string check(std::string_view id, std::string_view body) {
  const auto tree = JsonTree::parse(body, openapi::kOpaqueNames);
  if (!tree) return "parse: " + tree.error().message;
  return violations_of(tree->root(), operation(id).request).value_or("");
}

TEST(Validation, NamesEveryViolationInOneText) {
  EXPECT_EQ(check("activateJobs", R"({"type":"a","timeout":1,"maxJobsToActivate":1})"), "");
  EXPECT_EQ(check("activateJobs", R"({})"), "No type provided. No timeout provided. No maxJobsToActivate provided.");
  EXPECT_EQ(
      check("activateJobs", R"({"type":" ","timeout":0,"maxJobsToActivate":-5})"),
      "No type provided. The value for timeout is '0' but must be greater than 0. The value for maxJobsToActivate is "
      "'-5' but must be greater than 0.");
  EXPECT_EQ(
      check("activateJobs", R"({"type":1,"timeout":"1","maxJobsToActivate":1.5})"),
      "Request property [type] cannot be parsed: the value is 1 but must be a string. Request property [timeout] "
      "cannot "
      "be parsed: the value is \"1\" but must be an integer. The value for maxJobsToActivate is '1.5' but must be an "
      "integer.");
  EXPECT_EQ(check("activateJobs", R"({"type":"a","timeout":1,"maxJobsToActivate":1,"more":{}})"),
            "Request property [more] is unknown.");
  EXPECT_EQ(check("activateJobs", R"({"type":"a","type":"b","timeout":1,"maxJobsToActivate":1})"),
            "Request property [type] is given twice.");
  EXPECT_EQ(check("activateJobs", R"({"type":"a","timeout":1,"maxJobsToActivate":1,"fetchVariable":["a",1]})"),
            "Request property [fetchVariable[1]] cannot be parsed: the value is 1 but must be a string.");
  EXPECT_EQ(check("activateJobs", R"({"type":"a","timeout":1,"maxJobsToActivate":2147483648})"),
            "The value for maxJobsToActivate is '2147483648' but must be at most 2147483647.");
  EXPECT_EQ(check("activateJobs", R"({"type":"a","timeout":1,"maxJobsToActivate":1,"worker":null,"tenantIds":null})"),
            "")
      << "null stands for absent";
  EXPECT_EQ(check("activateJobs", "[]"),
            "Request property [request body] cannot be parsed: the value is [] but must be an object.");
  EXPECT_EQ(check("activateJobs", R"({"type":"a","timeout":1,"maxJobsToActivate":1,"tenantIds":["b c"]})"),
            "The value for tenantIds[0] is 'b c' but must be <default>, or made of letters, digits and _@.+-.");
  EXPECT_EQ(check("activateJobs", R"({"type":"a","timeout":1,"maxJobsToActivate":1,"tenantFilter":"assigned"})"), "")
      << "enumerations in any case";
  EXPECT_THAT(check("activateJobs", R"({"type":"a","timeout":1,"maxJobsToActivate":1,"tenantFilter":"x"})"),
              testing::HasSubstr("must be one of [PROVIDED, ASSIGNED]"));
}

TEST(Validation, OneOf) {
  EXPECT_EQ(check("createProcessInstance", R"({"processDefinitionId":"p","variables":{"a":{"b":[1,{}]}}})"), "");
  EXPECT_EQ(check("createProcessInstance", R"({"processDefinitionKey":"12"})"), "");
  EXPECT_EQ(check("createProcessInstance", R"({})"),
            "At least one of [processDefinitionKey, processDefinitionId] is required.");
  EXPECT_EQ(check("createProcessInstance", R"({"processDefinitionId":"p","processDefinitionKey":"12"})"),
            "Only one of [processDefinitionKey, processDefinitionId] is allowed.");
  EXPECT_EQ(check("createProcessInstance", R"({"processDefinitionId":"p","x":1,"tags":["1"]})"),
            "Request property [x] is unknown. The value for tags[0] is '1' but must be a letter followed by at most 99 "
            "letters, "
            "digits and _-:..");
  EXPECT_EQ(check("createProcessInstance", R"({"processDefinitionKey":12})"),
            "Request property [processDefinitionKey] cannot be parsed: the value is 12 but must be a string.");
  EXPECT_EQ(check("createProcessInstance", R"({"processDefinitionId":"p","variables":[1]})"),
            "Request property [variables] cannot be parsed: the value is [1] but must be an object.");
}

TEST(Validation, Json) {
  for (const char* bad : {"", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "[1,]", "{\"type\":\"\x01\"}", "nul",
                          "01", "1.", "\"\\x\"", "\"\\ud800\"", "{} {}", "\xff", "{\"variables\":{\"a\":[}"}) {
    EXPECT_THAT(check("activateJobs", bad), testing::StartsWith("parse: ")) << bad;
  }
  EXPECT_FALSE(JsonTree::parse(std::string(101, '[') + std::string(101, ']')));
  EXPECT_TRUE(JsonTree::parse(std::string(100, '[') + std::string(100, ']')));
  std::string many = "[0";
  for (std::size_t i = 0; i < JsonTree::kMostNodes; ++i) many += ",0";
  EXPECT_FALSE(JsonTree::parse(many + "]"));
  const std::string large = "{\"variables\":" + many + "]}";
  EXPECT_TRUE(JsonTree::parse(large, openapi::kOpaqueNames)) << "free-form values are one node";
}

TEST(Validation, Dates) {
  for (const char* good : {"2026-04-14T09:30:00Z", "2026-04-14T09:30:00.123+02:00", "2026-04-14t09:30:00z"}) {
    EXPECT_TRUE(is_date_time(good)) << good;
  }
  for (const char* bad : {"2026-04-14", "2026-04-14T09:30:00", "2026-13-14T09:30:00Z", "2026-04-14T24:30:00Z",
                          "2026-04-14T09:30:00.Z", "2026-04-14T09:30:00+2:00", "x"}) {
    EXPECT_FALSE(is_date_time(bad)) << bad;
  }
}

TEST(Router, FindsOperations) {
  const Router router;
  EXPECT_EQ(router.match("POST", "/v2/jobs/activation").operation->id, "activateJobs");
  const RouteMatch completion = router.match("POST", "/v2/jobs/12/completion");
  EXPECT_EQ(completion.operation->id, "completeJob");
  EXPECT_THAT(completion.path_parameters, testing::ElementsAre("12"));
  EXPECT_EQ(router.match("POST", "/v2/users/search").operation->id, "searchUsers");
  EXPECT_THAT(router.match("GET", "/v2/users/a%40b%2Fc").path_parameters, testing::ElementsAre("a@b/c"));
  EXPECT_EQ(router.match("POST", "/v2/element-instances/1/variables").operation->id, "createElementInstanceVariables");
  EXPECT_EQ(router.match("PATCH", "/v2/user-tasks/1/update").operation->id, "updateUserTask");
  const RouteMatch wrong = router.match("GET", "/v2/jobs/activation");
  EXPECT_EQ(wrong.operation, nullptr);
  EXPECT_EQ(wrong.allowed, "POST, PATCH") << "the second one is a job named activation";
  for (const char* path :
       {"/", "/v2", "/v2/", "/v2/nothing", "/v2/jobs", "/v2/jobs//completion", "/v1/topology", "", "x"}) {
    const RouteMatch none = router.match("POST", path);
    EXPECT_EQ(none.operation, nullptr) << path;
  }
}

TEST(Description, EveryServedOperationHasAHandlerAndSchemas) {
  std::vector<std::string_view> served, handled;
  for (const auto& found : openapi::kOperations) {
    if (found.served) served.push_back(found.id);
    if (found.served && found.body == openapi::Body::kJson) {
      EXPECT_NE(found.request, openapi::kNoSchema) << found.id;
    }
  }
  for (const ServedOperation& found : served_operations()) handled.push_back(found.id);
  EXPECT_THAT(handled, testing::UnorderedElementsAreArray(served));
}

TEST(Multipart, Parts) {
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"resources\"; filename=\"a \\\"x\\\".bpmn\"\r\nContent-Type: "
      "x\r\n\r\n<a>\r\n</a>"
      "\r\n--b\r\ncontent-disposition: form-data; name=tenantId\r\n\r\n<default>\r\n"
      "--b\r\nContent-Disposition: form-data; name=r; filename=f; filename*=UTF-8''%C3%A4.dmn\r\n\r\n\r\n--b--\r\n";
  const auto parts = parse_multipart("multipart/form-data; boundary=\"b\"", body);
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 3U);
  EXPECT_EQ((*parts)[0].filename, "a \"x\".bpmn");
  EXPECT_EQ((*parts)[0].content, "<a>\r\n</a>");
  EXPECT_EQ((*parts)[1].name, "tenantId");
  EXPECT_EQ((*parts)[1].content, "<default>");
  EXPECT_EQ((*parts)[2].filename, "ä.dmn");
  EXPECT_EQ((*parts)[2].content, "");
  for (std::size_t size = 0; size + 4 < body.size(); ++size) {
    EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=b", body.substr(0, size))) << size;
  }
  EXPECT_FALSE(parse_multipart("multipart/form-data", body));
  EXPECT_FALSE(parse_multipart("text/plain; boundary=b", body));
  std::string many;
  for (std::size_t i = 0; i <= kMostParts; ++i)
    many += "--b\r\nContent-Disposition: form-data; name=r; filename=f\r\n\r\nx\r\n";
  EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=b", many + "--b--"));
}

}  // namespace
}  // namespace baton::rest
