"""The storefront's URLs. Stripe sends buyers back to `return`."""

from django.urls import path

from app.storefront import example_frontend, views

app_name = "storefront"
urlpatterns = [
    path("", views.shop, name="shop"),
    path("frontend.zip", example_frontend.download, name="example-frontend"),
    path("return/<uuid:order_id>/", views.order_return, name="return"),
]
