from ops.inspect.endpoints import describe
from topology.model import Api, Consumer, Function, Service, System, Table

SYSTEM = System(
    name="example",
    services=(
        Service(
            name="Shop",
            api=Api(("POST /orders",)),
            consumers=(Consumer("price-quotes"), Consumer("prices")),
            functions=(Function("check_stock", invocable=()),),
            tables=(Table("orders"),),
        ),
        Service(name="Absent"),
    ),
)
ENDPOINT = "http://127.0.0.1:4566"
OUTPUTS = {
    "local-ShopChannels": {"MsgIn": "arn:in", "MsgOut": "arn:out"},
    "local-Shop": {
        "PriceQuotesQueue": "url:queue",
        "PriceQuotesDeadLetters": "url:dead",
        "PriceQuotesFunction": "function",
        "PriceQuotesLogGroup": "logs",
        "PricesQueue": "url:prices",
        "PricesDeadLetters": "url:dead-prices",
        "PricesFunction": "prices",
        "PricesLogGroup": "prices-logs",
        "PricesFailedCalls": "url:failed-prices",
        "CheckStockFunction": "check",
        "CheckStockLogGroup": "check-logs",
        "CheckStockFailedCalls": "url:failed",
        "ApiId": "abc",
        "ApiUrl": "https://abc.execute-api.us-east-1.amazonaws.com/",
        "ApiFunction": "api-function",
        "ApiLogGroup": "api-logs",
        "AuthorizerFunction": "guard",
        "AuthorizerLogGroup": "guard-logs",
        "Requests": "requests-123",
        "OrdersTable": "orders-123",
        "LakeBucket": "bucket-123",
    },
    "prod-Shop": {"OrdersTable": "another stage"},
    "CDKToolkit": {"BucketName": "cdk"},
}


def test_outputs_are_arranged_by_service() -> None:
    found = describe(ENDPOINT, SYSTEM, "local", OUTPUTS)
    assert found == {
        "endpoint": ENDPOINT,
        "stage": "local",
        "system": "example",
        "services": {
            "Shop": {
                "msgIn": "arn:in",
                "msgOut": "arn:out",
                "api": f"{ENDPOINT}/_aws/execute-api/abc/$default",
                "apiId": "abc",
                "apiFunction": "api-function",
                "apiLogGroup": "api-logs",
                "authorizerFunction": "guard",
                "authorizerLogGroup": "guard-logs",
                "requests": "requests-123",
                "consumers": {
                    "price-quotes": {
                        "queue": "url:queue",
                        "deadLetters": "url:dead",
                        "function": "function",
                        "logGroup": "logs",
                    },
                    "prices": {
                        "queue": "url:prices",
                        "deadLetters": "url:dead-prices",
                        "function": "prices",
                        "logGroup": "prices-logs",
                        "failedCalls": "url:failed-prices",
                    },
                },
                "functions": {
                    "check_stock": {
                        "function": "check",
                        "logGroup": "check-logs",
                        "failedCalls": "url:failed",
                    }
                },
                "tables": {"orders": "orders-123"},
                "resources": {"LakeBucket": "bucket-123"},
            }
        },
    }


def test_a_service_without_api_has_no_api_url() -> None:
    found = describe(ENDPOINT, SYSTEM, "local", {"local-Absent": {"Other": "x"}})
    assert found["services"] == {
        "Absent": {"consumers": {}, "functions": {}, "tables": {}, "resources": {"Other": "x"}}
    }
