"""The official Python library with a gateway of one's own: users, applications, numbers, secrets, balance.

    pip install vonage
    GATEWAY_URL=https://voice.example.com python -m examples.vonage_sdk

Nothing but the host is new to it. It speaks HTTPS alone: set `tls_certificate` and `tls_key` under `[server]`
in cordboard.toml, and REQUESTS_CA_BUNDLE here to the authority where that is one of your own.
"""

from urllib.parse import urlsplit

from vonage import Auth, HttpClientOptions, Vonage
from vonage_application import ApplicationConfig  # type: ignore[import-untyped]
from vonage_numbers import (  # type: ignore[import-untyped]
    ListOwnedNumbersFilter,
    NumberParams,
    SearchAvailableNumbersFilter,
    UpdateNumberParams,
)
from vonage_users import ListUsersFilter, User  # type: ignore[import-untyped]

from examples.api import setting, show

gateway = urlsplit(setting("GATEWAY_URL"))
if gateway.scheme != "https":
    raise SystemExit("GATEWAY_URL must begin with https://, as the library speaks nothing else")
auth = Auth(
    api_key=setting("VONAGE_API_KEY"),
    api_secret=setting("VONAGE_API_SECRET"),
    application_id=setting("VONAGE_APPLICATION_ID"),
    private_key=setting("VONAGE_PRIVATE_KEY"),
)
client = Vonage(auth, HttpClientOptions(api_host=gateway.netloc, rest_host=gateway.netloc))

# Users: create, list, update, delete
user = client.users.create_user(User(display_name="Alice"))
show("user", user.id)
users, _ = client.users.list_users(ListUsersFilter(page_size=100, order="desc"))
show("users", [each.id for each in users])
show("updated user", client.users.update_user(user.id, User(display_name="Alice the Second")).display_name)
client.users.delete_user(user.id)

# Applications: create, get, update
created = client.application.create_application(ApplicationConfig(name="Shop"))
show("application", created.id)
client.application.update_application(created.id, ApplicationConfig(name="Shop and hotline"))
show("updated application", client.application.get_application(created.id).name)

# Numbers: search, buy, link, list, cancel
found, _, _ = client.numbers.search_available_numbers(SearchAvailableNumbersFilter(country="GB", size=1))
number = {"country": "GB", "msisdn": found[0].msisdn}
show("bought", client.numbers.buy_number(NumberParams(**number)).error_code_label)
client.numbers.update_number(UpdateNumberParams(**number, app_id=created.id))
owned, _, _ = client.numbers.list_owned_numbers(ListOwnedNumbersFilter(application_id=created.id))
show("linked", [each.msisdn for each in owned])
show("cancelled", client.numbers.cancel_number(NumberParams(**number)).error_code_label)
client.application.delete_application(created.id)

# The account: a second secret, revoked again, and the balance
secret = client.account.create_secret("Correct4Horse")
show("secrets", [each.id for each in client.account.list_secrets()])
client.account.revoke_secret(secret.id)
show("secrets after that", [each.id for each in client.account.list_secrets()])
show("balance", client.account.get_balance().value)
